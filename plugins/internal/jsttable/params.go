package jsttable

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// Params are the business parameters of a call. The vendor takes a number
// written as a text (assumed: its services are known to convert), unknown
// parameters are ignored.
type Params struct{ Fields map[string]any }

// Parse reads the object of a call.
func Parse(biz []byte) (*Params, *Refusal) {
	decoder := json.NewDecoder(bytes.NewReader(biz))
	decoder.UseNumber()
	p := &Params{}
	if err := decoder.Decode(&p.Fields); err != nil || p.Fields == nil || decoder.More() {
		return nil, Refuse(Value, "biz 不是有效的 JSON 对象")
	}
	return p, nil
}

// Has tells whether a parameter is there and not blank.
func (p *Params) Has(name string) bool {
	switch value := p.Fields[name].(type) {
	case nil:
		return false
	case string:
		return value != ""
	case []any:
		return len(value) > 0
	default:
		return true
	}
}

// Text gives a parameter as text, "" for a list and for what is not there.
func (p *Params) Text(name string) string {
	switch value := p.Fields[name].(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	case bool:
		return strconv.FormatBool(value)
	default:
		return ""
	}
}

// Int gives a whole number, otherwise where there is none.
func (p *Params) Int(name string, otherwise int64) (int64, *Refusal) {
	if !p.Has(name) {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(p.Text(name), 10, 64)
	if err != nil {
		return 0, Refuse(Value, name+" 应为整数")
	}
	return n, nil
}

// Texts gives a parameter of several values.
func (p *Params) Texts(name string, n numbers) ([]string, *Refusal) {
	if !p.Has(name) {
		return nil, nil
	}
	var texts []string
	switch value := p.Fields[name].(type) {
	case []any:
		for _, e := range value {
			one := Params{Fields: map[string]any{"": e}}
			texts = append(texts, one.Text(""))
		}
	case string:
		if !n.joined {
			return nil, Refuse(Value, name+" 应为数组")
		}
		texts = strings.Split(value, ",")
	default:
		return nil, Refuse(Value, name+" 应为数组")
	}
	if len(texts) > n.max {
		return nil, Refuse(Invalid, name+" 最多 "+strconv.Itoa(n.max)+" 个")
	}
	return texts, nil
}
