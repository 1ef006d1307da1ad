package draft

import (
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
)

// collection is a Postman collection, version 2.0 or 2.1.
type collection struct {
	Info struct {
		Name   string `json:"name"`
		Schema string `json:"schema"`
	} `json:"info"`
	Item     []folder   `json:"item"`
	Auth     *postAuth  `json:"auth"`
	Variable []postPair `json:"variable"`
}

type folder struct {
	Name     string           `json:"name"`
	Item     []folder         `json:"item"`
	Request  *json.RawMessage `json:"request"`
	Response []struct {
		Body string `json:"body"`
		Code int    `json:"code"`
	} `json:"response"`
}

type postRequest struct {
	Method      string          `json:"method"`
	URL         json.RawMessage `json:"url"`
	Header      []postPair      `json:"header"`
	Auth        *postAuth       `json:"auth"`
	Description json.RawMessage `json:"description"`
	Body        struct {
		Mode       string     `json:"mode"`
		Raw        string     `json:"raw"`
		URLEncoded []postPair `json:"urlencoded"`
	} `json:"body"`
}

type postPair struct {
	Key      string `json:"key"`
	Value    string `json:"value"`
	Disabled bool   `json:"disabled"`
}

type postAuth struct {
	Type   string     `json:"type"`
	APIKey []postPair `json:"apikey"`
}

// Postman drafts a connector from a collection.
func Postman(id string, data []byte) (*Draft, error) {
	var c collection
	if err := json.Unmarshal(data, &c); err != nil || !strings.Contains(c.Info.Schema, "collection/v2") {
		return nil, fault.New("draft.postman", "the file is no Postman collection of version 2").Classed(fault.Config).
			Hinted("export the collection as v2.1").Because(err)
	}
	a := &api{title: c.Info.Name}
	variables := map[string]string{}
	for _, v := range c.Variable {
		variables[v.Key] = v.Value
	}
	a.folders(c.Item, c.Auth, variables)
	a.id = idOf(cmp.Or(host(a.address), "drafted"))
	return a.finish(id)
}

func host(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Hostname()
	}
	return ""
}

func (a *api) folders(items []folder, auth *postAuth, variables map[string]string) {
	for _, item := range items {
		if len(item.Item) > 0 {
			a.folders(item.Item, auth, variables)
			continue
		}
		if item.Request == nil {
			continue
		}
		var r postRequest
		if json.Unmarshal(*item.Request, &r) != nil {
			a.note("the request %q can't be read", item.Name)
			continue
		}
		sample := ""
		for _, s := range item.Response {
			if s.Code < 300 && sample == "" {
				sample = s.Body
			}
		}
		if r.Auth == nil {
			r.Auth = auth
		}
		a.posted(item.Name, r, sample, variables)
	}
}

// posted adds a request of a collection.
func (a *api) posted(name string, r postRequest, sample string, variables map[string]string) {
	text := ""
	if json.Unmarshal(r.URL, &text) != nil {
		var parts struct {
			Raw string `json:"raw"`
		}
		_ = json.Unmarshal(r.URL, &parts) // what can't be read is noted below
		text = parts.Raw
	}
	// A variable that begins the address is the address; others become parameters.
	base := regexp.MustCompile(`^\{\{([^}]+)\}\}`)
	if found := base.FindStringSubmatch(text); found != nil {
		text = cmp.Or(strings.TrimRight(variables[found[1]], "/"), "https://example.com") + strings.TrimPrefix(text, found[0])
	}
	text = regexp.MustCompile(`\{\{([^}]+)\}\}`).ReplaceAllString(text, "{$1}")
	text = regexp.MustCompile(`/:([A-Za-z_][A-Za-z0-9_]*)`).ReplaceAllString(text, "/{$1}")
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		a.note("the request %q has no address", name)
		return
	}
	if a.address == "" && u.Host != "example.com" {
		a.address = u.Scheme + "://" + u.Host
	} else if a.address != "" && a.address != u.Scheme+"://"+u.Host && u.Host != "example.com" {
		a.note("the request %q goes to %s, another system; its path is taken", name, u.Host)
	}
	req := request{title: name, method: strings.ToUpper(cmp.Or(r.Method, "GET"))}
	for _, h := range r.Header {
		if !h.Disabled {
			req.header = append(req.header, pair{h.Key, h.Value})
		}
	}
	switch r.Body.Mode {
	case "raw":
		raw := regexp.MustCompile(`"?\{\{[^}]+\}\}"?`).ReplaceAllString(r.Body.Raw, `""`)
		req.data = []string{raw}
	case "urlencoded":
		for _, p := range r.Body.URLEncoded {
			if !p.Disabled {
				req.data = append(req.data, url.QueryEscape(p.Key)+"="+url.QueryEscape(p.Value))
			}
		}
	case "", "none":
	default:
		a.note("the request %q has a body of the kind %s, which a definition can't send", name, r.Body.Mode)
	}
	before := len(a.calls)
	path := u.Path
	a.add(req, u, sample)
	c := &a.calls[before]
	c.path = path
	for _, place := range regexp.MustCompile(`\{([^}]+)\}`).FindAllStringSubmatch(path, -1) {
		c.path = strings.ReplaceAll(c.path, place[0], "{"+camel(place[1])+"}")
		c.params = append(c.params, param{node: node{name: camel(place[1]), required: true}, inPath: true})
	}
	a.proved(c, r.Auth)
}

// proved adds what a collection says of the caller.
func (a *api) proved(c *call, auth *postAuth) {
	if auth == nil {
		return
	}
	switch auth.Type {
	case "bearer", "oauth2":
		a.headed(c, pair{"Authorization", "Bearer"})
	case "basic":
		a.basic(c)
	case "apikey":
		name, in := "X-Api-Key", "header"
		for _, p := range auth.APIKey {
			switch p.Key {
			case "key":
				name = p.Value
			case "in":
				in = p.Value
			}
		}
		if in == "query" {
			a.query = append(a.query, pair{name, a.needs(name, true)})
		} else {
			c.header = append(c.header, pair{name, a.needs(name, true)})
		}
	case "noauth", "":
	default:
		a.note("connector.yaml header: the collection proves the caller by %s, which is to be written down", auth.Type)
	}
}
