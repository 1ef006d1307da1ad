// Package plugpacktest makes connector packages for tests.
//
// It may import engine/plugpack only, and is imported by tests only.
package plugpacktest

import (
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/karezflow/karez/engine/plugpack"
)

// Connector is the manifest of a connector that queries orders.
const Connector = `id: ID
version: VERSION
title: {zh: 测试系统, en: Test system}
icon: icon.svg
timeZone: Asia/Shanghai
settings:
  - {key: address, kind: url, required: true, title: {zh: 地址, en: Address}}
  - {key: token, kind: text, required: true, secret: true, title: {zh: 令牌, en: Token}}
operations:
  - name: orders
    kind: query
    title: {zh: 订单, en: Orders}
    object: order
    key: "{{no}}"
    number: "{{no}}"
    request:
      - {field: status, title: {zh: 状态, en: State}, group: other}
    response:
      - {field: no, title: {zh: 单号, en: Number}}
      - {field: amount, type: decimal, title: {zh: 金额, en: Amount}}
    paging: {strategy: none, defaultSize: 100, maxSize: 100}
`

// Text gives the manifest of a connector of a version.
func Text(id, version string) string {
	return strings.NewReplacer("ID\n", id+"\n", "VERSION", version).Replace(Connector)
}

// Folder gives a connector's folder with a program for this platform.
func Folder(id, version string) fstest.MapFS {
	return fstest.MapFS{
		"manifest.yaml": {Data: []byte(Text(id, version))},
		"icon.svg":      {Data: []byte("<svg/>")},
		"README.md":     {Data: []byte("# " + id + "\n")},
		"docs/zh.md":    {Data: []byte("# 说明\n")},
		"bin/" + runtime.GOOS + "-" + runtime.GOARCH + "/" + id: {Data: []byte("#!/bin/false " + version + "\n"), Mode: 0o755},
		"main.go": {Data: []byte("package main\n")},
	}
}

// Defined is the definition of Connector.
const Defined = `definition: 1
address: "{{settings.address}}"
request: {method: GET, header: {Authorization: "Bearer {{secrets.token}}"}}
answer: {code: code, message: message}
check: {operation: orders}
operations:
  orders: {request: {path: /orders, query: {"...": "{{params}}"}}, answer: {rows: list}}
`

// Definition gives the folder of a connector without code, with what its author keeps beside it.
func Definition(id, version string) fstest.MapFS {
	return fstest.MapFS{
		"manifest.yaml":        {Data: []byte(strings.Replace(Text(id, version), "timeZone:", "noSandbox: true\ntimeZone:", 1))},
		"connector.yaml":       {Data: []byte(Defined)},
		"icon.svg":             {Data: []byte("<svg/>")},
		"README.md":            {Data: []byte("# " + id + "\n")},
		"examples/orders.yaml": {Data: []byte("kind: Flow\n")},
		"bin/sandbox":          {Data: []byte("#!/bin/false\n"), Mode: 0o755},
		"sandbox/main.go":      {Data: []byte("package main\n")},
	}
}

// Pack packs a folder.
func Pack(t testing.TB, folder fstest.MapFS) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := plugpack.Pack(&out, plugpack.Source{Dir: folder, SDK: plugpack.Range{Min: 1, Max: 1}}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Key gives a key that every test of a name gets.
func Key(t testing.TB, name string) plugpack.PrivateKey {
	t.Helper()
	k, err := plugpack.NewKey(bytes.NewReader(bytes.Repeat([]byte(name+"."), 64)), name, time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Sign signs a package.
func Sign(t testing.TB, k plugpack.PrivateKey, content []byte) []byte {
	t.Helper()
	p, err := plugpack.Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := p.WriteSigned(&out, k.Sign(p.Text)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Opener gives bytes each time that they are asked for.
func Opener(content []byte) plugpack.Opener {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
}
