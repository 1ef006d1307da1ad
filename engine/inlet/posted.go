package inlet

import (
	"fmt"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// MaxRecords is how many documents a posted body may hold.
const MaxRecords = 1000

// CheckPosted refuses a body that is no JSON which means one thing only. Its error is a
// *fault.Fault.
func CheckPosted(body []byte) error {
	if err := item.Check(body); err != nil {
		return fault.New("webhook.body_invalid", "the body is not valid JSON").Classed(fault.Data).Because(err).Hinted("send one JSON value in UTF-8, nested at most 100 levels deep")
	}
	return repeated(item.Of(body), "")
}

// repeated reports a member that an object has twice: whoever reads it next may take the
// other one.
func repeated(v item.Value, path string) error {
	switch v.Kind() {
	case item.Object:
		seen := map[string]bool{}
		for name, member := range v.Fields() {
			at := strings.TrimPrefix(path+"."+name, ".")
			if seen[name] {
				return fault.New("webhook.member_repeated", "the body has the member %s twice", at).Classed(fault.Data).At(at)
			}
			seen[name] = true
			if err := repeated(member, at); err != nil {
				return err
			}
		}
	case item.Array:
		n := 0
		for e := range v.Elements() {
			if err := repeated(e, fmt.Sprintf("%s[%d]", path, n)); err != nil {
				return err
			}
			n++
		}
	default:
	}
	return nil
}

// Posted gives the documents of a body: those of the array at path, "$" for the body
// itself, or the body where path is "".
func Posted(body []byte, path string) ([][]byte, error) {
	v := item.Of(body)
	if path == "" {
		if v.Kind() != item.Object {
			return nil, fault.New("webhook.not_object", "the body is no JSON object").Classed(fault.Data).
				Hinted("the webhook node says where the records are: $ takes a list as the body")
		}
		return [][]byte{v.Raw()}, nil
	}
	if path != "$" {
		v = v.Path(path)
	}
	if v.Kind() != item.Array {
		return nil, fault.New("webhook.no_records", "the body has no list at %s", path).Classed(fault.Data).At(path)
	}
	out := [][]byte{}
	for e := range v.Elements() {
		if len(out) == MaxRecords {
			return nil, fault.New("webhook.too_many_records", "a request brings at most %d records", MaxRecords).Classed(fault.Data).
				Hinted("send them in several requests")
		}
		out = append(out, e.Raw())
	}
	return out, nil
}
