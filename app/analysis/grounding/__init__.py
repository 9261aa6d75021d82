"""An answer held against its document: `check` drops what does not stand there and says where the rest does."""
