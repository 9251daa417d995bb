"""What scripts on a host do: Python's own XML-RPC client over the agent's Unix socket. One scenario a run: SOCKET NAME."""
import http.client
import json
import socket
import sys
import xmlrpc.client

SOCKET = sys.argv[1]
RECORD = json.load(sys.stdin)


class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(15)
        self.sock.connect(SOCKET)


class UnixTransport(xmlrpc.client.Transport):
    """The host in the url means nothing here: the socket says where to."""

    def make_connection(self, host):
        if self._connection and host == self._connection[0]:
            return self._connection[1]
        self._connection = host, UnixConnection(host)
        return self._connection[1]


def proxy(url="http://_any_name_/"):
    return xmlrpc.client.ServerProxy(url, transport=UnixTransport(), allow_none=True)


class Failure(Exception):
    def __init__(self, description):
        super().__init__(description)
        self.description = description


class Session:
    """The usual small wrapper: puts the session in front, unwraps answers, logs in again when the session is gone."""

    def __init__(self, *login):
        self.proxy = proxy()
        self.login = login
        self.ref = self.unwrap(getattr(self.proxy, "session.login_with_password")(*login))

    @staticmethod
    def unwrap(answer):
        assert type(answer) is dict, answer
        if answer["Status"] == "Success":
            assert set(answer) == {"Status", "Value"}, answer
            return answer["Value"]
        assert answer["Status"] == "Failure", answer
        assert set(answer) == {"Status", "ErrorDescription"}, answer
        raise Failure(answer["ErrorDescription"])

    def __call__(self, method, *params):
        for attempt in range(3):
            try:
                return self.unwrap(getattr(self.proxy, method)(self.ref, *params))
            except Failure as failure:
                if failure.description[0] != "SESSION_INVALID" or attempt == 2:
                    raise
                self.ref = self.unwrap(getattr(self.proxy, "session.login_with_password")(*self.login))

    def fails(self, method, *params):
        try:
            value = self(method, *params)
        except Failure as failure:
            return failure.description
        raise AssertionError(f"{method} was expected to fail and returned {value!r}")


def logins():
    for params in (("root", ""), ("root", "", "1.1"), ("root", "", "2.21", "a script")):
        session = Session(*params)
        assert session("session.get_originator", session.ref) == (params[3] if len(params) == 4 else "")
        assert session("session.logout") == ""
    answer = getattr(proxy(), "session.login_with_password")("root")
    assert answer == {
        "Status": "Failure",
        "ErrorDescription": ["MESSAGE_PARAMETER_COUNT_MISMATCH", "session.login_with_password", "2", "1"],
    }, answer


def types():
    session = Session("root", "")
    label = 'k\u00f6nig & "<queen>"'
    # Python sends no integers above 32 bits as integers.
    vm = session("VM.create", {**RECORD, "name_label": label, "tags": ["a", "b"], "user_version": str(2**40)})
    row = session("VM.get_all_records")[vm]
    assert row == session("VM.get_record", vm)
    # Integers travel as text, so that 64 bits fit.
    assert row["user_version"] == str(2**40), row["user_version"]
    assert row["memory_static_max"] == "1073741824"
    assert row["is_a_template"] is False
    assert row["name_label"] == label
    assert sorted(row["tags"]) == ["a", "b"] and row["VBDs"] == []
    assert row["platform"] == {"acpi": "true"} and row["other_config"] == {}
    assert row["resident_on"] == "OpaqueRef:NULL"
    assert type(row["snapshot_time"]) is xmlrpc.client.DateTime and row["snapshot_time"].value == "19700101T00:00:00Z"
    for value in (5, "5"):
        assert session("VM.set_user_version", vm, value) == ""
        assert session("VM.get_user_version", vm) == "5"
    assert session("VM.set_is_a_template", vm, True) == ""
    assert session("VM.get_is_a_template", vm) is True
    assert session("VM.set_is_a_template", vm, False) == ""
    task = session("task.create", "a task", "")
    session("task.set_progress", task, 0.25)
    assert session("task.get_progress", task) == 0.25
    assert type(session("task.get_progress", task)) is float
    session("task.destroy", task)
    assert session("VM.get_by_name_label", label) == [vm]
    assert list(session("VM.get_all_records_where", 'field "user_version" = "5"')) == [vm]
    session("VM.destroy", vm)


def failures():
    session = Session("root", "")
    assert session.fails("VM.get_record", "OpaqueRef:no") == ["HANDLE_INVALID", "VM", "OpaqueRef:no"]
    assert session.fails("VM.get_by_uuid", "no") == ["UUID_INVALID", "VM", "no"]
    assert session.fails("VM.fly", 1) == ["MESSAGE_METHOD_UNKNOWN", "VM.fly"]
    assert session.fails("VM.get_record") == ["MESSAGE_PARAMETER_COUNT_MISMATCH", "VM.get_record", "1", "0"]
    assert session.fails("VM.create", {**RECORD, "actions_after_crash": "sing"})[0] == "INVALID_VALUE"
    assert session.fails("Async.task.get_all") == ["Fault", "No async mode for this operation (rpc: Async.task.get_all)"]
    description = session.fails("pool.set_tags", session("pool.get_all")[0], None)
    assert len(description) >= 2 and all(type(part) is str for part in description), description


def renewal():
    session = Session("root", "", "1.0", "a script")
    first = session.ref
    assert getattr(session.proxy, "session.logout")(first) == {"Status": "Success", "Value": ""}
    assert session("VM.get_all") == []
    assert session.ref != first


def introspection():
    server = proxy()
    names = server.system.listMethods()
    assert type(names) is list and len(names) > 500, type(names)
    assert "VM.get_all_records" in names and "session.login_with_password" in names
    assert len(names) == len(set(names))
    assert getattr(server, "system.isAlive:x")("here") == {"Status": "Success", "Value": "here"}


def api_version():
    session = Session("root", "")
    [pool] = session("pool.get_all")
    host = session("pool.get_master", pool)
    version = session("host.get_API_version_major", host) + "." + session("host.get_API_version_minor", host)
    assert version == "2.21", version


def events():
    session = Session("root", "")
    start = session("event.from", ["VM", "task"], "", 0.0)
    assert set(start) == {"events", "token", "valid_ref_counts"}
    assert start["events"] == [] and start["valid_ref_counts"] == {"vm": 0, "task": 0}, start
    vm = session("VM.create", RECORD)
    batch = session("event.from", ["vm"], start["token"], 10.0)
    [event] = batch["events"]
    assert (event["class"], event["operation"], event["ref"]) == ("vm", "add", vm), event
    assert type(event["id"]) is str and type(event["timestamp"]) is str
    assert event["snapshot"] == session("VM.get_record", vm)
    assert batch["valid_ref_counts"] == {"vm": 1}
    session("VM.destroy", vm)
    [event] = session("event.from", ["VM/" + vm], batch["token"], 10.0)["events"]
    assert event["operation"] == "del" and "snapshot" not in event, event
    assert session("event.from", ["vm"], session("event.inject", "pool", session("pool.get_all")[0]), 0)["events"] == []
    assert session.fails("event.from", ["vm"], "nonsense", 0.0) == ["EVENT_FROM_TOKEN_PARSE_FAILURE", "nonsense"]

    assert session.fails("event.next") == ["SESSION_NOT_REGISTERED", session.ref]
    assert session("event.register", ["vm"]) == ""
    vm = session("VM.create", RECORD)
    [event] = session("event.next")
    assert (event["operation"], event["ref"]) == ("add", vm) and float(event["timestamp"]) > 0, event
    assert session("event.unregister", ["vm"]) == ""
    session("VM.destroy", vm)


def paths():
    for path in ("/", "", "/RPC2", "/anything/at/all", "/xmlrpc?with=query"):
        server = proxy("http://whatever" + path)
        assert getattr(server, "session.login_with_password")("root", "")["Status"] == "Success", path


globals()[sys.argv[2]]()
