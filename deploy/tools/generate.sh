#!/bin/sh
# Regenerates the committed code: of the connector protocol from its .proto file,
# and the browser's types of the REST interface from server/api/openapi.json.
#
# The first needs protoc (Debian and Ubuntu: apt-get install protobuf-compiler; any
# release from 3.21 on). The two generators are built from the versions pinned in
# deploy/tools/go.mod. CI runs this and fails when the committed code differs:
#
#   deploy/tools/generate.sh && git diff --exit-code sdk/protocol frontend/src/shared/api
#
# The second needs Node.js and frontend/node_modules, which `make generate` installs.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT

cd "$root/deploy/tools"
go build -o "$bin/" google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc

cd "$root"
PATH="$bin:$PATH" protoc \
	--proto_path=sdk/protocol/v1 \
	--go_out=sdk/protocol/v1/pb --go_opt=paths=source_relative \
	--go-grpc_out=sdk/protocol/v1/pb --go-grpc_opt=paths=source_relative \
	connector.proto

# The version of protoc in the header differs between machines and says nothing
# about the code, so it is left out.
for file in sdk/protocol/v1/pb/*.pb.go; do
	sed -i '/^\/\/[ -]*protoc  *v[0-9.]*$/d' "$file"
done

cd frontend
node scripts/types.mjs
