"""Values that somebody sends who means no good."""

import json

_TEXTS = [
    *("", " ", "\t\n", "a", "0", "-1", "1e9", "nan", "true", "null", "٣", "½", "１"),
    *("\x00", "a\x00b", "\ud800", "\udfff\ud800", "\ufffe", "\ufeff", "\u202eexe.txt", "\u200b", "e\u0301" * 50),
    *("\U0001f468\u200d\U0001f469\u200d\U0001f467", "ﬀﬁ", "ß", "İ", "ſ", "\u1e9e" * 60, "Z\u0351\u036b\u0343" * 40),
    *("'", '"', "\\", "%", "_", "`", ";", "|", "' OR 1=1 --", "'; DROP TABLE rag_document; --", "a & | !("),
    *("{0.__class__}", "%s%n%x", "%(a)s", "{{7*7}}", "${7*7}", "{% debug %}", "<script>alert(1)</script>"),
    *("../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "file:///etc/passwd", "http://169.254.169.254/", "C:\\x"),
    *('{"match_all": {}}', "*:* OR _exists_:id", "a:b~9999", "/(a+)+$/", "[[alternates]]", "$where", "@", "a@", "@b"),
    *("0" * 32, "f" * 31, "F" * 32, "00000000-0000-1000-8000-000000000000", "a" * 129, "é" * 128, "a" * 5000),
]
_JSON = [
    *("null", "true", "false", "0", "1", "-1", "2", "1.5", "-0.0", "1e308", "-1e308", "5e-324", "0.1e-400"),
    *(str(2**31), str(2**31 - 1), str(-(2**31) - 1), str(2**53 + 1), str(2**63), str(-(2**63) - 1), str(2**64)),
    *("1" + "0" * 400, "1" + "0" * 5000, "1e999", "-1e999", "NaN", "Infinity", "-Infinity"),
    *("[]", "{}", "[[]]", "[{}]", "[null]", "[1]", '[""]', "[true]", '[1, "a", null, {}, []]', '["a", "a"]'),
    *("[[1, 2]]", '{"": ""}', '{"a": {"b": [1]}}', '{"\\u0000": 1}', '{"\\ud800": 1}', '{"a": "\\u0000"}'),
    *('["\\u0000"]', '["\\ud800"]', '{"$gt": ""}', '{"__proto__": {}}', '{"conditions": [{}]}', '{"conditions": 1}'),
    *('{"conditions": [{"name": {}}]}', '{"conditions": [{"name": "a", "comparison_operator": "is", "value": {}}]}'),
    *('{"a": 1, "a": 2}', "[" * 60 + "]" * 60, "[" * 70 + "]" * 70, '{"a":' * 200 + "1" + "}" * 200),
    json.dumps("a" * (1 << 20)),
    json.dumps("\u1e9e" * (1 << 18)),
    json.dumps("otters " * 2000),
    json.dumps(["a"] * 10_001),
    json.dumps([f"{number:032x}" for number in range(5000)]),
    json.dumps({str(number): number for number in range(5000)}),
    json.dumps([["a"] * 50] * 50),
]
ABSENT = ""
FRAGMENTS = [ABSENT, *_JSON, *map(json.dumps, _TEXTS)]
"""What can stand in a JSON text in place of a value; ABSENT takes its key away."""

ESCAPED = [
    *("", "%20", "%00", "a%00b", "%ff", "%C3%28", "%ED%A0%80", "%EF%BF%BE", "%E2%80%AE", "%F0%9F%91%8D", "%D9%A3"),
    *("-1", "0", "00", "1.5", "1e9", "9" * 19, "9" * 400, "9" * 5000, "-" + "9" * 30, "NaN", "Infinity", "true"),
    *("%27", "%22", "%5C", "%25", "%25%32%37", "_", "*", "%27%20OR%201%3D1%20--", "a%20%26%20%7C%20!(", "None", "+"),
    *("..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "..%5c..%5cboot.ini", ".", "~", "%0d%0aSet-Cookie:%20a=b", "a,b,,c"),
    *("0" * 32, "F" * 32, "00000000-0000-1000-8000-000000000000", "a" * 300, "a" * 9000, "%C3%A9" * 200, ","),
    *("%3Cscript%3E", "%7B%7B7*7%7D%7D"),
]
"""What can stand in an address."""

_BODIES = [
    *(b"", b"{", b"}", b'"not json"', b"[]", b"[1]", b"null", b"0", b"true", b"NaN", b"\xff\xfe", b"\x00", b"{'a': 1}"),
    *(b'{"a": "\\u0000"}', b'{"a": "\\ud800"}', b'{"a": 1e999}', b'{"a": 1' + b"0" * 5000 + b"}", b'{"a": "\xff"}'),
    *(b"[" * 100_000, b'{"a":' * 100 + b"1" + b"}" * 100, b"[" * 70 + b"]" * 70, b"\xef\xbb\xbf{}", b"{}" * 2),
    *('{"a": 1}'.encode("utf-16"), b"a" * (1 << 20), b'{"' + b"a" * (1 << 20) + b'": 1}', b"a=b&c=d", b"<a/>"),
]
_PARTS = "multipart/form-data"
_TYPES = [
    *("application/json", "application/x-www-form-urlencoded", f"{_PARTS}; boundary=b", _PARTS, "a", "/"),
    *("text/xml", "text/plain; charset=utf-16", "application/json; charset=latin-9", "application/json;" * 500),
    *(f"{_PARTS}; boundary=" + "b" * 5000, f"{_PARTS}; boundary=\xff", "application/\x00json"),
]


def _part(name: bytes, content: bytes = b"x", *, file: bytes | None = None, headers: bytes = b"") -> bytes:
    label = b"" if file is None else b'; filename="' + file + b'"'
    head = b'Content-Disposition: form-data; name="' + name + b'"' + label
    return b"--b\r\n" + head + b"\r\n" + headers + b"\r\n" + content + b"\r\n"


_END = b"--b--\r\n"
_FILE = _part(b"file", file=b"a.txt")
_NAMES = [
    *(b"", b"\x00.txt", b"\xff\xfe.txt", b"../../etc/x.txt", b"..\\x.txt", b".txt", b"a.", b"a" * 300 + b".txt"),
    *("\u202etxt.exe".encode(), "é".encode() * 130 + b".txt", b"a.txt\r\nX: y", b"%00.txt", b"a" * 9000, b"a.exe"),
]
_FORMS = [
    *(b"", b"--b", b"--b\r\n", _END, _FILE.removesuffix(b"\r\n"), _FILE, _part(b"file") + _END),
    *(_part(b"file", file=name) + _END for name in _NAMES),
    _part(b"file", b"!", file=b"a.txt", headers=b"Content-Type: \xff\r\nContent-Transfer-Encoding: base64\r\n") + _END,
    _part(b"file", file=b"a.txt", headers=b"Content-Length: -1\r\n") + _END,
    _part(b"kb_id", file=b"p") + _FILE + _END,
    _part(b"kb_id", b"\x00\xff/..") + _FILE + _END,
    _part(b"parent_path", file=b"p") + _FILE + _END,
    _part(b"parent_path", b"\x00\xff/..") + _FILE + _END,
    b"--b\r\n" + b"X: y\r\n" * 20_000 + b"\r\nx\r\n" + _END,
    _part(b"a") * 1500 + _END,
]
SENT = [(kind, body) for kind in _TYPES for body in (_FORMS if "boundary=b" in kind else _BODIES)]
"""Content types with bodies; those of forms are parted by `b`."""

_CREDENTIALS = [
    *("", " ", "Bearer", "Bearer ", "Bearer \x00", "Bearer \xff\xfe", "Bearer " + "a" * 100_000, "Basic YTpi"),
    *("a:b:c", ":" * 1000, "' OR 1=1 --", "Bearer a b c", "\x00" * 32 + ":" + "a" * 43),
]
_ACCEPTED = ["", "application/xml", "*/*;q=nan", "a", "\xff", "," * 5000, "a/b;" * 5000]
HEADERS = [
    *({"HTTP_AUTHORIZATION": value} for value in _CREDENTIALS),
    *({"HTTP_ACCEPT": value} for value in _ACCEPTED),
    *({"CONTENT_LENGTH": value} for value in ["-1", "a", "9" * 20]),
    *({"HTTP_HOST": value} for value in ["evil.example", "\x00"]),
    {"HTTP_COOKIE": "sessionid=" + "a" * 5000 + "; csrftoken=\xff"},
    {"HTTP_X_FORWARDED_FOR": "1.2.3.4, \x00, ::ffff:999.1"},
    {"HTTP_RANGE": "bytes=99999999999999999999-", "HTTP_IF_MODIFIED_SINCE": "\xff"},
    {"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE"},
    {"HTTP_TRANSFER_ENCODING": "chunked"},
    {"HTTP_CONTENT_ENCODING": "gzip"},
    {"HTTP_EXPECT": "100-continue", "HTTP_ORIGIN": "null"},
]
"""As the WSGI environment has them."""
