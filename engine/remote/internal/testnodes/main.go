// Command testnodes is a plugin whose node behaves and misbehaves on request: a record's field
// "do" says how.
//
// It is built by tests only and may import the sdk.
package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/sdk/protocol"
)

// version is set by the linker.
var version = "1.0.0"

const declared = `id: testnodes
version: %s
title: {zh: 测试节点, en: Test nodes}
noSandbox: true
hosts: []
nodes:
  - name: act
    typeVersion: %d
    title: {zh: 照办, en: Act}
    describe: {zh: 单据说什么做什么, en: Does what the record says}
    outputs:
      - {name: out, title: {zh: 结果, en: Result}}
      - {name: far, title: {zh: 远处, en: Far}}
    settings:
      - {key: tag, kind: text, default: plain, title: {zh: 标记, en: Tag}}
`

func main() {
	typeVersion := 1
	all := node.Transforms{"act": act{}}
	if version != "1.0.0" {
		typeVersion = 2
	}
	protocol.Main(protocol.Program{Manifest: fmt.Appendf(nil, declared, version, typeVersion), Transforms: all})
}

type act struct{}

// New implements node.Transformer.
func (act) New(s node.Settings) (node.TransformFunc, error) {
	var settings struct{ Tag string }
	if err := s.Decode(&settings); err != nil {
		return nil, err
	}
	return func(ctx context.Context, batch []item.Item) ([]node.Result, error) {
		results := make([]node.Result, len(batch))
		for i, in := range batch {
			switch what := item.Of(in.Raw).Field("do").Text(); what {
			case "short":
				return results[:1], nil
			case "refuse":
				return nil, fault.New("testnodes.refused", "nothing today").Classed(fault.Config)
			default:
				results[i] = one(what, settings.Tag, in, len(batch))
			}
		}
		return results, nil
	}, nil
}

// CheckSettings implements node.Checker.
func (act) CheckSettings(settings []byte) []*fault.Fault {
	switch item.Of(settings).Field("tag").Text() {
	case "bad":
		return []*fault.Fault{fault.New("testnodes.tag", "there is no such tag").At("tag")}
	case "exit":
		os.Exit(7)
	}
	return nil
}

// Upgrade implements node.Upgrader.
func (act) Upgrade(from int, settings []byte) ([]byte, error) {
	if from != 1 {
		return nil, fault.New("testnodes.version", "there are no settings of version %d", from).Classed(fault.Config)
	}
	if item.Of(settings).Field("tag").Text() == "scalar" {
		return []byte(`7`), nil
	}
	return []byte(`{"tag":"upgraded"}`), nil
}

func one(what, tag string, in item.Item, together int) node.Result {
	out := func(port, raw string) node.Result {
		return node.Result{Outputs: []node.Output{{Port: port, Item: in.With([]byte(raw))}}}
	}
	switch what {
	case "exit":
		os.Exit(7)
	case "hang":
		select {}
	case "pid":
		return out("", `{"pid":`+strconv.Itoa(os.Getpid())+`}`)
	case "together":
		return out("", `{"together":`+strconv.Itoa(together)+`}`)
	case "tag":
		return out("far", `{"tag":"`+tag+`","version":"`+version+`"}`)
	case "port":
		return out("nowhere", `{}`)
	case "error":
		return out("error", `{}`)
	case "scalar":
		return out("", `7`)
	case "junk":
		return out("", `{"a":`)
	case "bytes":
		return out("", "{\"a\":\"\xff\"}")
	case "vars":
		r := out("", `{}`)
		r.Outputs[0].Item.Vars = []byte(`[1]`)
		return r
	case "routes":
		r := out("", `{}`)
		r.Outputs[0].Route = "a"
		return node.Result{Outputs: append(r.Outputs, r.Outputs...)}
	case "many":
		return node.Result{Outputs: slices.Repeat(out("", `{}`).Outputs, 20_000)}
	case "fault":
		return node.Result{Fault: fault.New("testnodes.bad", "it is bad").At("amount").Classed(fault.Data)}
	case "odd":
		return node.Result{Fault: fault.New("NO CODE", "it is odd").Classed("weird")}
	case "none":
		return node.Result{}
	}
	return node.Result{Outputs: []node.Output{{Item: in}}}
}
