// Package api calls an HTTP interface that speaks JSON: it builds a request from a
// template's parts, has it proved who calls, sends it to the connection's own server and
// nowhere else, and reads by the connection's rules whether it was accepted.
//
// It may import the standard library, the sdk without sdk/manifest, sdk/erphttp
// and plugins/http/internal/auth only.
package api

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/http/internal/auth"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// API is an interface behind an address.
type API struct {
	// Base is the address that every path is below.
	Base   *url.URL
	Way    auth.Way
	HTTP   *erphttp.Client
	Header http.Header
	Rules  Rules
}

// Call is one call.
type Call struct {
	Method string
	// Path stands below the base; {name} in it is a part that Value gives, escaped.
	Path  string
	Value func(name string) (item.Value, bool)
	// Query are the parameters behind the path, in their order.
	Query []Parameter
	// Raw is a query as the interface itself wrote it; it takes the place of Query.
	Raw    string
	Header http.Header
	// Body is JSON; nil sends none.
	Body []byte
	// Rules take the place of the interface's where they say something.
	Rules Rules
	// Write says that the call may change something.
	Write bool
}

// Parameter is one of a query.
type Parameter struct{ Name, Value string }

// Answer is an answer that was accepted.
type Answer struct {
	// Body is the JSON of the answer; None where there is none.
	Body   item.Value
	Header http.Header
	Date   time.Time
	Status int
}

// Do makes a call, and once more with a fresh token where the first one was refused: what
// refuses a token has applied nothing.
func (a *API) Do(ctx context.Context, c Call) (Answer, error) {
	refused := ""
	for {
		r, err := a.request(c)
		if err != nil {
			return Answer{}, err
		}
		used, err := a.Way.Apply(ctx, r, refused)
		if err != nil {
			return Answer{}, err
		}
		reply, err := a.HTTP.Do(ctx, r.Method, r.URL.String(), "", r.Header, r.Body)
		if reply != nil && reply.Status == http.StatusUnauthorized && used != "" && refused == "" {
			refused = used
			continue
		}
		return a.judge(c, reply, err)
	}
}

// request builds a request. Its faults are of class Config or Data and marked Unapplied:
// "http.path_invalid", "http.path_value_missing", "http.method_invalid".
func (a *API) request(c Call) (*auth.Request, error) {
	u := *a.Base
	path, err := fill(c.Path, c.Value)
	if err != nil {
		return nil, err
	}
	if path != "" {
		u.RawPath = strings.TrimRight(a.Base.EscapedPath(), "/") + "/" + strings.TrimLeft(path, "/")
		if u.Path, err = url.PathUnescape(u.RawPath); err != nil {
			return nil, pathInvalid("the path is not one of a URL")
		}
	}
	u.RawQuery = c.Raw
	if c.Raw == "" {
		for _, p := range c.Query {
			auth.AddQuery(&u, p.Name, p.Value)
		}
	}
	if !regexp.MustCompile(`^[A-Z]{1,16}$`).MatchString(c.Method) {
		return nil, fault.New("http.method_invalid", "%q is no method such as GET or POST", c.Method).At("method").Classed(fault.Config).Unapplied()
	}
	header := http.Header{"Accept": {"application/json"}}
	if c.Body != nil {
		header.Set("Content-Type", "application/json")
	}
	for _, more := range []http.Header{a.Header, c.Header} {
		maps.Copy(header, more)
	}
	return &auth.Request{Method: c.Method, URL: &u, Header: header, Body: c.Body}, nil
}

func pathInvalid(words string) *fault.Fault {
	return fault.New("http.path_invalid", "%s", words).At("path").Classed(fault.Config).Unapplied()
}

// fill puts values into the places of a path. A value is one part of the path: what it is
// made of leads nowhere else.
func fill(path string, value func(name string) (item.Value, bool)) (string, error) {
	if strings.Contains(path, "://") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "?#\\") {
		return "", pathInvalid("the path stands below the connection's address, without a server and without parameters")
	}
	var out strings.Builder
	for rest := path; ; {
		before, inner, open := strings.Cut(rest, "{")
		literal, err := url.PathUnescape(before)
		if err != nil {
			return "", pathInvalid("the path is not one of a URL")
		}
		out.WriteString((&url.URL{Path: literal, RawPath: before}).EscapedPath())
		if !open {
			return out.String(), nil
		}
		name, after, closed := strings.Cut(inner, "}")
		if !closed {
			return "", pathInvalid("a place in the path is not closed: {name}")
		}
		text := ""
		if v, ok := value(name); ok && v.Kind() != item.Array && v.Kind() != item.Object {
			text = v.Text()
		}
		if text == "" || text == "." || text == ".." {
			return "", fault.New("http.path_value_missing", "nothing fit for the place {%s} in the path is given", name).At("path").Classed(fault.Data).Unapplied().
				Hinted("give a row named %s, or map a field of that name", name)
		}
		out.WriteString(url.PathEscape(text))
		rest = after
	}
}

// Uses reports whether a path has a place with a name.
func Uses(path, name string) bool { return strings.Contains(path, "{"+name+"}") }
