"""A short resume of an invented person, which `vitae clients test` sends to a model.

It differs from the one that warms a vLLM server up (`app.routing.servers.warm_up`): the server would have that prompt
in its prefix cache, and seem faster than it is.
"""

SAMPLE_RESUME = """\
Tamsin Okonjo-Reyes
Warehouse Operations Manager
Leeds, United Kingdom
tamsin.okonjo@example.com | +44 113 496 0171

Summary
Operations manager with ten years in food logistics, from the loading bay to three sites.

Experience

Warehouse Operations Manager, Thistledown Foods
Mar 2019 - Present
- Run three sites with 140 people and a budget of 9 million pounds.
- Cut mispicks from 2.1 to 0.4 percent with scanners and shorter walks.
- Introduced forecasting in SQL and Power BI.

Shift Supervisor, Pennine Parcel Services
Jun 2014 - Feb 2019
- Led the night shift of 35 people.
- Trained 20 forklift drivers.

Education

BSc Supply Chain Management, University of Huddersfield
2011 - 2014

Skills
SQL, Power BI, SAP EWM, Lean Six Sigma, Forklift licence

Languages
English (native), Spanish (fluent)
"""
