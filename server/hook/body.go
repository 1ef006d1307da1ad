package hook

import (
	"maps"
	"mime"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/karezflow/karez/engine/inlet"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// MaxBody is the largest body of a request, in bytes.
const MaxBody = 8 << 20

// read gives the body of a request as JSON that means one thing only.
func read(r Request) ([]byte, error) {
	kind, params, err := mime.ParseMediaType(r.ContentType)
	charset := strings.ToLower(params["charset"])
	switch {
	case err != nil || charset != "" && charset != "utf-8":
		return nil, unread(r.ContentType)
	case kind == "application/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json"):
		return r.Body, inlet.CheckPosted(r.Body)
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
