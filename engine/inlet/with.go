package inlet

import "github.com/karezflow/karez/sdk/item"

// primaryWriteback is the member of a handed document that has what was kept with its delivery.
const primaryWriteback = "primaryWriteback"

// With gives a document with what was kept with its delivery, in the place of what an
// earlier flow kept; nothing kept leaves it as it is.
func With(body []byte, kept item.Value) []byte {
	if kept.Kind() == item.None {
		return body
	}
	out := []byte{'{'}
	for name, v := range item.Of(body).Fields() {
		if name != primaryWriteback {
			out = append(append(item.AppendText(out, name), ':'), v.Raw()...)
			out = append(out, ',')
		}
	}
	out = append(append(item.AppendText(out, primaryWriteback), ':'), kept.Raw()...)
	return append(out, '}')
}
