"""The local stack: real storage, an offline analyzer and a functions host, on one machine."""
