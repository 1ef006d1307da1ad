// Package protocol carries the connector contract between processes: it serves a
// connector from its executable and dials one from the engine. The wire itself
// is versioned below it (v1); this package negotiates the version.
//
// It may import the standard library, go-plugin, grpc, protobuf and the sdk. It
// never imports the engine or the server, and nothing but it knows go-plugin.
package protocol
