package main

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/karezflow/karez/plugins/http/internal/api"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// params are the parameters of an operation: those that say how to call, and values by name.
type params struct{ all item.Value }

// declared are the parameters that say how to call. Every other one is a value: for a place
// in the path that has its name, else a parameter of the query.
func declared() []string {
	return []string{
		"method", "path", "headers", "body", "rows", "okStatus", "okPath", "okValues", "codePath", "messagePath", "fieldPath",
		"page", "size", "offset", "token", "pageParam", "sizeParam", "offsetParam", "cursorParam", "cursorFrom", "firstPage", "pagingIn", "totalPath", "morePath",
		"wrap", "idPath", "numberPath", "keyHeader", "probePath", "probeObject", "probeAbsent", "key",
	}
}

func (p params) text(name, usual string) string {
	return cmp.Or(strings.TrimSpace(p.all.Field(name).Text()), usual)
}

// value gives a value by its name.
func (p params) value(name string) (item.Value, bool) {
	v := p.all.Field(name)
	return v, v.Kind() != item.None && !slices.Contains(declared(), name)
}

// call makes what all calls have in common.
func (p params) call(method string, also func(name string) (item.Value, bool)) (api.Call, error) {
	c := api.Call{
		Method: strings.ToUpper(p.text("method", method)), Path: p.text("path", ""),
		Rules: api.Rules{
			Statuses: p.text("okStatus", ""), OKPath: p.text("okPath", ""), OKValues: list(p.all.Field("okValues")),
			CodePath: p.text("codePath", ""), MessagePath: p.text("messagePath", ""), FieldPath: p.text("fieldPath", ""),
		},
	}
	c.Value = func(name string) (item.Value, bool) {
		if v, ok := p.value(name); ok {
			return v, true
		}
		return also(name)
	}
	var err error
	if c.Query, err = p.query(c.Path); err != nil {
		return c, err
	}
	c.Header, err = p.headers()
	return c, err
}

// query gives the values that have no place in a path, each element of a list by itself.
func (p params) query(path string) ([]api.Parameter, error) {
	var out []api.Parameter
	for name, v := range p.all.Fields() {
		if slices.Contains(declared(), name) || api.Uses(path, name) {
			continue
		}
		switch v.Kind() {
		case item.Null, item.None:
		case item.Object:
			return nil, notText(name)
		case item.Array:
			for e := range v.Elements() {
				if kind := e.Kind(); kind == item.Array || kind == item.Object {
					return nil, notText(name)
				}
				out = append(out, api.Parameter{Name: name, Value: e.Text()})
			}
		default:
			out = append(out, api.Parameter{Name: name, Value: v.Text()})
		}
	}
	return out, nil
}

func notText(name string) *fault.Fault {
	return fault.New("http.value_shape", "%s is a parameter of the address: a text, a number or a list of them", name).At(name).Classed(fault.Config).Unapplied()
}

func (p params) headers() (http.Header, error) {
	header := http.Header{}
	for name, v := range p.all.Field("headers").Fields() {
		if kind := v.Kind(); !headerName(name) || kind == item.Array || kind == item.Object || strings.ContainsAny(v.Text(), "\r\n") {
			return nil, fault.New("http.header_invalid", "%q can't be a header", name).At("headers").Classed(fault.Config).Unapplied()
		}
		if !v.Blank() {
			header.Set(name, v.Text())
		}
	}
	return header, nil
}

// putNumber sets a number in a JSON object, which is made where there is none.
func putNumber(body []byte, path, number string) ([]byte, error) {
	if len(body) == 0 {
		body = []byte("{}")
	}
	out, err := item.Put(body, path, []byte(number))
	if err != nil {
		return nil, fault.From(err).Classed(fault.Config).Unapplied()
	}
	return out, nil
}
