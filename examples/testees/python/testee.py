"""A testee in Python, without packages: four small messages of Restate's fabric, from V2 on.

It answers the questions of docs/testee.md. The codec is a table: what is read by it is written by it
again, and the other releases say what they make of that.
"""

import json
import sys
import traceback

VARINT, DELIMITED = 0, 1
BOOL, STATUS, U32, U64 = 1, 8, 2**32 - 1, 2**64 - 1

# Fields by tag: the largest number that there is, or the fields of what is inside.
REQUEST = {1: U64, 2: U32}
RESPONSE = {1: U32, 2: U32, 3: BOOL, 4: STATUS}
MESSAGES = {
    "Seal": {1: REQUEST, 2: {0: U32, 1: U32}},
    "Sealed": {1: RESPONSE},
    "Trim": {1: REQUEST, 2: U32},
    "Trimmed": {1: RESPONSE},
}


class Refused(Exception):
    """The codec says no."""


class Unsupported(Exception):
    """There is no such verb, message or version."""


def read_varint(data, at):
    """The number at a place, and the place behind it. A byte of 128 or more has another one after it."""
    value = 0
    for index in range(9):
        if at + index >= len(data):
            raise Refused("the bytes end inside a number")
        byte = data[at + index]
        value += byte << 7 * index
        if byte < 128 or index == 8:
            break
    if value > U64:
        raise Refused("a number of more than 64 bits")
    return value, at + index + 1


def write_varint(value):
    written = b""
    while value >= 128 and len(written) < 8:
        written += bytes([value & 127 | 128])
        value = (value >> 7) - 1
    return written + bytes([value])


def read(data, fields):
    """The values of the fields by tag. What has another tag is passed over."""
    values, tag, at = {}, 0, 0
    while at < len(data):
        key, at = read_varint(data, at)
        tag, wire, kind = tag + (key >> 2), key & 3, fields.get(tag + (key >> 2))
        if tag > U32:
            raise Refused("a tag of more than 32 bits")
        if wire == VARINT:
            value, at = read_varint(data, at)
        else:
            size, at = read_varint(data, at) if wire == DELIMITED else (4 * wire - 4, at)
            value, at = data[at : at + size], at + size
            if at > len(data):
                raise Refused(f"the bytes end inside field {tag}")
        if kind is None:
            continue
        if tag in values:
            raise Refused(f"field {tag} is there twice")
        if wire != (DELIMITED if isinstance(kind, dict) else VARINT):
            raise Refused(f"field {tag} has wire type {wire}")
        if wire == VARINT and value > kind:
            raise Refused(f"field {tag} is {value}, more than {kind}")
        values[tag] = value if wire == VARINT else read(value, kind)
    return values


def write(values, fields):
    """The bytes of the fields. What is zero or empty is left out."""
    written, last = b"", 0
    for tag, kind in fields.items():
        value, wire = values.get(tag, 0), DELIMITED if isinstance(kind, dict) else VARINT
        body = write(value or {}, kind) if wire == DELIMITED else write_varint(value)
        if not value or not body:
            continue
        size = write_varint(len(body)) if wire == DELIMITED else b""
        written, last = written + write_varint((tag - last) << 2 | wire) + size + body, tag
    return written


def hello(_):
    return {
        "testee": 1, "protocol": "restate-fabric", "deterministic": True,
        "name": "by hand", "release": "1.7", "language": "Python",
        "verbs": ["reencode", "batch", "stop"],
        "messages": [{"name": name, "min": 2, "max": 3} for name in MESSAGES],
    }


def reencode(question):
    message, version = question["message"], question.get("version")
    if message not in MESSAGES or version not in (2, 3):
        raise Unsupported(f"there is no {message} at version {version}")
    fields = MESSAGES[message]
    return {"hex": write(read(bytes.fromhex(question["hex"]), fields), fields).hex()}


VERBS = {
    "hello": hello,
    "reencode": reencode,
    "batch": lambda question: {"answers": [answer(ask) for ask in question["asks"]]},
    "stop": lambda _: {},
}


def answer(question):
    """However it goes, it is an answer."""
    said = {"id": question.get("id")}
    try:
        if question["verb"] not in VERBS:
            raise Unsupported(f"there is no verb {question['verb']}")
        said["ok"] = VERBS[question["verb"]](question)
    except Refused as refused:
        said["refused"] = {"words": str(refused)}
    except Unsupported as unsupported:
        said["unsupported"] = {"words": str(unsupported)}
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        said["panicked"] = {"words": repr(error), "place": f"{place.filename}:{place.lineno}"}
    return said


if __name__ == "__main__":
    # Standard output belongs to the answers: whatever else is printed goes to standard error.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin.buffer:
        try:
            question = json.loads(line)
            said = answer(question)
        except (ValueError, AttributeError, RecursionError) as error:
            question, said = {}, {"id": None, "fault": {"words": f"not a question: {error}"}}
        print(json.dumps(said), file=answers, flush=True)
        if question.get("verb") == "stop":
            break
