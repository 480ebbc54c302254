"""A client that knows nothing of Heddle but its .proto files: Python over grpcio and protobuf (Debian: python3-grpcio).

Serve functions.ts first, then: python3 examples/foreign-client/client.py [host:port]
protoc reads the .proto files at the start, so that no code has to be generated.
"""

import json
import pathlib
import subprocess
import sys

import grpc
from google.protobuf import descriptor_pb2, message_factory

PROTO = pathlib.Path(__file__).parents[2] / "proto"


def load(file):
    """Every message of the file and of what it imports, by name."""
    command = ["protoc", f"-I{PROTO}", "--include_imports", "--descriptor_set_out=/dev/stdout", file]
    files = descriptor_pb2.FileDescriptorSet.FromString(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return message_factory.GetMessages(files.file)


messages = load("heddle/v1/fabric.proto")
message = lambda name: messages[f"heddle.v1.{name}"]
value = lambda data: message("Value")(data=json.dumps(data).encode())
read = lambda value: json.loads(value.data)

channel = grpc.insecure_channel(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:7420")


def method(name, request, reply, kind=channel.unary_unary):
    """The method of service Fabric, as a function of its request."""
    types = {"request_serializer": message(request).SerializeToString, "response_deserializer": message(reply).FromString}
    return lambda **fields: kind(f"/heddle.v1.Fabric/{name}", **types)(message(request)(**fields), timeout=5)


call = method("Call", "CallRequest", "CallResponse")
stream = method("Stream", "CallRequest", "StreamItem", channel.unary_stream)
submit = method("Submit", "SubmitRequest", "RunEvent", channel.unary_stream)
explain = method("Explain", "ExplainRequest", "ExplainResponse")
watch = method("Watch", "WatchRequest", "WatchEvent", channel.unary_stream)

words = call(function="text.split", args=value(["guide every thread to its place"]))
print("call:", len(read(words.value)), "words, from", words.server)

# What JSON lacks has a form: this is a date.
day, until = ({"$date": f"{day}T00:00:00.000Z"} for day in ("1801-01-01", "1804-12-31"))
print("call:", read(call(function="days.since", args=value([day, until])).value), "days")

# A stream: items as they are made.
print("stream:", *(read(one.item) for one in stream(function="text.letters", args=value(["heddle"]))))

# A workflow: the second step takes the first one's result.
Command = message("CommandRequest")
commands = [
    Command(name="words", function="text.split", args=value(["guide every thread to its place"])),
    Command(name="best", function="text.longest", args=value([{"$ref": "words"}])),
]
for event in submit(commands=commands):
    kind = event.WhichOneof("event")
    if kind == "step_settled":
        print("workflow:", event.step_settled.step, "is done")
    if kind == "run_settled":
        print("workflow:", json.dumps(read(event.run_settled.result.template), separators=(",", ":")))

step = read(explain(function="text.split").plan)["steps"][0]
print("explain:", step["name"], "would run on", step["server"])

# The catalog: everything first, then what changes; the first whole picture is enough here.
pictures = watch()
for event in pictures:
    for server in event.catalog.servers:
        print("watch:", server.name, "offers", ", ".join(one.name for one in server.offers.functions))
    if event.catalog.is_whole:
        break
pictures.cancel()

# An error is a gRPC status; the trailers say what it was and whether the function ran.
try:
    call(function="text.spilt")
except grpc.RpcError as error:
    trailers = dict(error.trailing_metadata())
    print("error:", error.code().value[0], trailers["heddle-code"], "executed:", trailers["heddle-executed"])
    print("error:", message("Error").FromString(trailers["heddle-error-bin"]).message)
