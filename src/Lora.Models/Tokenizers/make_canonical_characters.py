#!/usr/bin/env python3
"""Writes canonical_characters.txt: for each character that has one its canonical decomposition, with ! where it is not composed again, and for each
combining character its class (Unicode Standard Annex 15). From the Unicode data of Python's standard library:  python3 make_canonical_characters.py
"""

import os
import sys
import unicodedata

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "canonical_characters.txt"), "w", encoding="ascii", newline="\n") as out:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        parts = unicodedata.decomposition(character)
        if parts and not parts.startswith("<"):
            parts = " ".join(f"{int(part, 16):X}" for part in parts.split())
            out.write(f"{code:X}{'=' if unicodedata.normalize('NFC', character) == character else '!'}{parts}\n")
        if unicodedata.combining(character):
            out.write(f"{code:X}:{unicodedata.combining(character)}\n")
