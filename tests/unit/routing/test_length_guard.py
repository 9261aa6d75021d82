"""The length guard: what fits, what does not, and how many tokens an answer gets."""

import threading

import pytest

from app.routing.clients import Client
from app.routing.length_guard import ContextSizes, Fits, TooSmall, check_length, known_context_tokens
from app.routing.tokens import estimate_tokens

CLIENT = Client(
    name="LocalVLLM", provider="openai-generic", model="m", base_url="http://127.0.0.1:1/v1", location="local"
)


def check(prompt: int, document: int, context: int | None, max_output: int = 4096) -> Fits | TooSmall:
    return check_length(
        prompt_tokens=prompt,
        argument_tokens=document,
        answer_tokens_per_input_token=0.8,
        max_output_tokens=max_output,
        context_tokens=context,
    )


def test_the_answer_gets_the_tokens_left_in_the_context() -> None:
    fits = check(prompt=1000, document=500, context=2048)
    assert isinstance(fits, Fits)
    assert fits.prompt_tokens + fits.answer_tokens == 2048


def test_a_large_context_gives_the_configured_maximum() -> None:
    assert check(1000, 500, 128_000) == Fits(1016, 4096)


def test_a_context_too_small_for_the_usual_answer_is_reported_with_numbers() -> None:
    small = check(prompt=1500, document=1000, context=2048)
    assert isinstance(small, TooSmall)
    assert small.needed_tokens == 1500 + 16 + 800
    assert small.reason == "holds 2,048 tokens, about 2,316 are needed"


def test_an_unknown_context_leaves_the_decision_to_the_server() -> None:
    assert isinstance(check(10**6, 10**6, None), Fits)


@pytest.mark.parametrize(
    ("model", "tokens"),
    [("gpt-4o", 128_000), ("gpt-4o-mini-2024-07-18", 128_000), ("gpt-4.1-nano", 1_047_576), ("o3-mini", 200_000)],
)
def test_published_contexts_are_known(model: str, tokens: int) -> None:
    assert known_context_tokens(model) == tokens


def test_unknown_models_have_no_published_context() -> None:
    assert known_context_tokens("mistralai/Mistral-7B-Instruct-v0.3") is None
    assert known_context_tokens(None) is None


def test_a_context_size_in_the_settings_is_used_without_a_request() -> None:
    def fetch(_: Client) -> int | None:
        raise AssertionError("asked")

    sized = Client(
        name="LocalVLLM", provider="openai-generic", model="m", base_url="http://127.0.0.1:1/v1", context_tokens=777
    )
    assert ContextSizes(fetch)(sized) == 777


def test_a_context_size_is_requested_once_and_refreshed_later() -> None:
    now, asked = [0.0], list[str]()

    def fetch(client: Client) -> int | None:
        asked.append(client.name)
        return 2048

    sizes = ContextSizes(fetch, lambda: now[0])
    assert [sizes(CLIENT), sizes(CLIENT)] == [2048, 2048]
    assert len(asked) == 1
    now[0] = 301.0
    sizes(CLIENT)
    assert len(asked) == 2


def test_an_unreachable_server_is_queried_again_soon() -> None:
    now, answers = [0.0], iter([None, 4096])
    sizes = ContextSizes(lambda _: next(answers), lambda: now[0])
    assert sizes(CLIENT) is None
    now[0] = 16.0
    assert sizes(CLIENT) == 4096


def test_a_burst_of_threads_sends_one_request() -> None:
    asked, barrier = list[int](), threading.Barrier(16)

    def fetch(_: Client) -> int | None:
        asked.append(1)
        return 2048

    sizes = ContextSizes(fetch)

    def run() -> None:
        barrier.wait()
        sizes(CLIENT)

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 1


# Counted once with the tokenizer of Mistral 7B v0.3, the less efficient of the two that the weights were fitted to.
@pytest.mark.parametrize(
    ("text", "mistral_tokens"),
    [
        ("Leitende Softwareentwicklerin mit zehnjähriger Erfahrung in der Entwicklung verteilter Anwendungen", 28),
        ("Ανώτερος μηχανικός λογισμικού με δεκαετή εμπειρία στην ανάπτυξη εφαρμογών", 74),
        ("مهندس برمجيات أول مع عشر سنوات من الخبرة في تطوير التطبيقات", 53),
        ("高级软件工程师,拥有十年的应用程序开发经验,熟悉数据库设计", 33),
        ("アプリケーション開発において十年の経験を持つ上級ソフトウェアエンジニア", 40),
        ("십 년간의 애플리케이션 개발 경험을 가진 수석 소프트웨어 엔지니어", 43),
        ("Ведущий инженер по данным, компания Квартстоун.", 18),
        ("SENIOR SOFTWARE ENGINEER CERTIFICATIONS AND ACHIEVEMENTS", 22),
        ("https://github.com/abcxqz/foo-bar_baz?x=1#z", 23),
        ("🎉🎉🚀🧑‍💻📧", 17),
    ],
)
def test_the_estimate_is_not_below_a_real_count_and_not_far_above(text: str, mistral_tokens: int) -> None:
    estimate = estimate_tokens(text)
    assert mistral_tokens <= estimate <= 2.2 * mistral_tokens


def test_an_empty_text_takes_no_tokens() -> None:
    assert estimate_tokens("") == 0
