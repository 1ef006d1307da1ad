package hook

import (
	"fmt"
	"maps"
	"mime"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// MaxBody is the largest body of a request, in bytes; MaxRecords is how many documents it
// may hold.
const (
	MaxBody    = 8 << 20
	MaxRecords = 1000
)

// read gives the body of a request as JSON that means one thing only.
func read(r Request) ([]byte, error) {
	kind, params, err := mime.ParseMediaType(r.ContentType)
	charset := strings.ToLower(params["charset"])
	switch {
	case err != nil || charset != "" && charset != "utf-8":
		return nil, unread(r.ContentType)
	case kind == "application/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json"):
		if err := item.Check(r.Body); err != nil {
			return nil, fault.New("webhook.body_invalid", "the body is not valid JSON").Classed(fault.Data).Because(err).Hinted("send one JSON value in UTF-8, nested at most 100 levels deep")
		}
		return r.Body, repeated(item.Of(r.Body), "")
	case kind == "application/x-www-form-urlencoded":
		return form(string(r.Body))
	default:
		return nil, unread(r.ContentType)
	}
}

func unread(kind string) *fault.Fault {
	return fault.New("webhook.content_type", "a body of the type %q is not taken", kind).Classed(fault.Data).
		Hinted("send application/json in UTF-8, or application/x-www-form-urlencoded")
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

// form gives a form as an object of texts, in the order of the names; a field that comes
// several times is a list.
func form(body string) ([]byte, error) {
	values, err := url.ParseQuery(body)
	if err != nil {
		return nil, fault.New("webhook.form_invalid", "the body is not a valid form").Classed(fault.Data).Because(err)
	}
	names := slices.Sorted(maps.Keys(values))
	for _, name := range names { // percent signs can hide what is no text
		if slices.ContainsFunc(append(values[name], name), func(text string) bool { return !utf8.ValidString(text) }) {
			return nil, fault.New("webhook.form_invalid", "the body is not a valid form").Classed(fault.Data)
		}
	}
	out := []byte{'{'}
	for i, name := range names {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(item.AppendText(out, name), ':')
		if all := values[name]; len(all) == 1 {
			out = item.AppendText(out, all[0])
		} else {
			out = append(out, '[')
			for n, v := range all {
				if n > 0 {
					out = append(out, ',')
				}
				out = item.AppendText(out, v)
			}
			out = append(out, ']')
		}
	}
	return append(out, '}'), nil
}

// records gives the documents of a body: those of the array at path, "$" for the body
// itself, or the body where path is "".
func records(body []byte, path string) ([][]byte, error) {
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
