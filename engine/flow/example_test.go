package flow_test

import (
	"fmt"

	"github.com/karezflow/karez/engine/flow"
)

// A draft with problems can be read and saved; Validate lists what is wrong.
func ExampleValidate() {
	docs, err := flow.Parse([]byte(`
apiVersion: karez/v1
kind: Flow
metadata: {title: 退货单}
spec:
  nodes:
    - {id: refunds, type: source, connection: jst, settings: {operation: refund.single.query, key: "{{as_id}}"}}
    - {id: k3, type: target, settings: {operation: batchSave}}
  edges: [{from: refunds, to: bill}]
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range flow.Validate(docs[0], types(), flow.Options{}) {
		fmt.Println(p.Path, p.Code, p.Blocking)
	}
	// Output:
	// spec.nodes[0] node.dead_end false
	// spec.nodes[1].connection node.connection_missing true
	// spec.nodes[1] node.unreachable false
	// spec.edges[0].to edge.dangling true
}

// Numbers and texts are saved as they were written.
func ExampleDocument_JSON() {
	docs, err := flow.Parse([]byte("kind: Flow\nmetadata: {title: T}\nspec: {nodes: [{id: a, type: map, settings: {price: 0.10, code: 007}}]}"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(docs[0].JSON()))
	// Output:
	// {"kind":"Flow","metadata":{"title":"T"},"spec":{"nodes":[{"id":"a","type":"map","settings":{"price":0.10,"code":"007"}}],"edges":[]}}
}
