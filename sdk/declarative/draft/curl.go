package draft

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/fault"
)

// Curl drafts a connector of one call from a curl command as browsers and documentation give
// it. sample is an answer to it, "" where there is none.
func Curl(id, command, sample string) (*Draft, error) {
	words, err := words(command)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 || words[0] != "curl" {
		return nil, fault.New("draft.curl", "the command does not begin with curl").Classed(fault.Config)
	}
	a := &api{}
	r := request{}
	for i := 1; i < len(words); i++ {
		word, value := words[i], ""
		if name, given, ok := strings.Cut(word, "="); ok && strings.HasPrefix(word, "--") {
			word, value = name, given
		} else if slices.Contains(valued(), word) && i+1 < len(words) {
			i++
			value = words[i]
		}
		switch word {
		case "-X", "--request":
			r.method = strings.ToUpper(value)
		case "-H", "--header":
			name, content, _ := strings.Cut(value, ":")
			r.header = append(r.header, pair{strings.TrimSpace(name), strings.TrimSpace(content)})
		case "-b", "--cookie":
			r.header = append(r.header, pair{"Cookie", value})
		case "-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--data-urlencode":
			r.data = append(r.data, value)
		case "--json":
			r.data = append(r.data, value)
			r.header = append(r.header, pair{"Content-Type", "application/json"})
		case "-u", "--user":
			r.basic = true
		case "-G", "--get":
			r.get = true
		case "-F", "--form":
			a.note("the command sends files or parts of a form (-F), which a definition can't")
		case "--url":
			r.url = value
		default:
			if !strings.HasPrefix(word, "-") {
				r.url = word
			}
		}
	}
	return a.one(id, r, sample)
}

// valued are the options with a value; what is not listed stands alone.
func valued() []string {
	return []string{
		"-X", "--request", "-H", "--header", "-b", "--cookie", "-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--data-urlencode", "--json",
		"-u", "--user", "-F", "--form", "--url", "-o", "--output", "-A", "--user-agent", "-e", "--referer", "-m", "--max-time", "--connect-timeout", "-x", "--proxy", "--cacert",
	}
}

// request is a request as it is written down.
type request struct {
	name, title, method, url string
	header                   []pair
	data                     []string
	basic, get               bool
}

// one finishes a connector of one request.
func (a *api) one(id string, r request, sample string) (*Draft, error) {
	u, err := url.Parse(r.url)
	if err != nil || u.Host == "" {
		return nil, fault.New("draft.curl", "the command has no address such as https://api.example.com/orders").Classed(fault.Config)
	}
	a.address = u.Scheme + "://" + u.Host
	a.id, a.title = idOf(u.Hostname()), u.Hostname()
	a.add(r, u, sample)
	return a.finish(id)
}

// idOf makes an id of a server's name.
func idOf(host string) string {
	parts := strings.Split(host, ".")
	for _, p := range slices.Backward(parts[:max(1, len(parts)-1)]) {
		if p = strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(p), "-"), "-"); len(p) > 2 && p[0] >= 'a' {
			return p
		}
	}
	return "drafted"
}

// add adds the call of a request.
func (a *api) add(r request, u *url.URL, sample string) {
	c := call{name: r.name, title: r.title, method: r.method, path: u.EscapedPath(), answer: forget(sampled(sample), true)}
	data := strings.Join(r.data, "&")
	if c.method == "" {
		if c.method = "GET"; data != "" && !r.get {
			c.method = "POST"
		}
	}
	query := u.RawQuery
	if r.get {
		query, data = strings.Trim(query+"&"+data, "&"), ""
	}
	for part := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		if name, err := url.QueryUnescape(name); err == nil && name != "" {
			a.parameter(&c, name)
		}
	}
	if r.basic {
		a.basic(&c)
	}
	for _, h := range r.header {
		a.headed(&c, h)
	}
	a.content(&c, data)
	a.calls = append(a.calls, c)
}

// parameter adds one of the query: a secret goes with the account.
func (a *api) parameter(c *call, name string) {
	if declarative.SecretName(name) {
		a.signature("connector.yaml query."+name, name)
		if !slices.ContainsFunc(a.query, func(p pair) bool { return p.name == name }) {
			a.query = append(a.query, pair{name, a.needs(name, true)})
		}
		return
	}
	c.params = append(c.params, param{node: node{name: name}})
}

// signature notes what is computed and not kept.
func (a *api) signature(at, name string) {
	if regexp.MustCompile(`(?i)^sign(ature)?$`).MatchString(name) {
		a.note("%s: a signature is computed, for example \"{{params | pairs '' '' | md5}}\"; it is taken from a secret now", at)
	}
}

func (a *api) basic(c *call) {
	user, password := a.needs("user", false), a.needs("password", true)
	inner := func(s string) string { return strings.TrimSuffix(strings.TrimPrefix(s, "{{"), "}}") }
	c.header = append(c.header, pair{"Authorization", "Basic {{" + inner(user) + " + ':' + " + inner(password) + " | base64}}"})
}

// headed adds a header: one that proves who calls becomes a secret, whatever it held.
func (a *api) headed(c *call, h pair) {
	switch {
	case usualHeader(h.name):
	case strings.EqualFold(h.name, "Authorization") && strings.HasPrefix(strings.ToLower(h.value), "bearer"):
		c.header = append(c.header, pair{h.name, "Bearer " + a.needs("token", true)})
		a.note("connector.yaml token: how a token is had and renewed, where it does not live for ever")
	case strings.EqualFold(h.name, "Authorization") && strings.HasPrefix(strings.ToLower(h.value), "basic"):
		a.basic(c)
	case declarative.SecretName(h.name):
		a.signature("connector.yaml header."+h.name, h.name)
		c.header = append(c.header, pair{h.name, a.needs(h.name, true)})
	case strings.Contains(h.value, "{{"):
		a.note("connector.yaml header.%s: its value was a placeholder", h.name)
	default:
		c.header = append(c.header, pair{h.name, h.value})
	}
}

// content adds a body: JSON, or a form.
func (a *api) content(c *call, data string) {
	if data == "" {
		return
	}
	nodes := sampled(data)
	switch {
	case len(nodes) > 0:
		c.body = forget(nodes, false)
	case strings.HasPrefix(strings.TrimSpace(data), "<"):
		a.note("connector.yaml operations.%s.request.body: the body is XML, which is to be written as a text with expressions", c.name)
	default:
		a.filled(c, data)
	}
	for i, n := range c.body {
		if declarative.SecretName(n.name) {
			a.note("connector.yaml operations.%s: %s in the body may be a secret of the account or computed; it is taken for a field", c.name, c.body[i].name)
		}
	}
}

// filled adds the fields of a form.
func (a *api) filled(c *call, data string) {
	c.form = true
	for part := range strings.SplitSeq(data, "&") {
		name, value, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(name)
		if err != nil || name == "" || strings.HasPrefix(name, "@") {
			continue
		}
		c.body = append(c.body, node{name: name})
		if text, err := url.QueryUnescape(value); err == nil && len(sampled(text)) > 0 {
			a.note("connector.yaml operations.%s.request.form.%s: its value is JSON in a text; write it as {{… | json}}", c.name, name)
		}
	}
}

// words parts a command as a shell does: quotes, escapes and lines that go on.
func words(command string) ([]string, error) {
	var out []string
	var word strings.Builder
	in, quote := false, byte(0)
	command = regexp.MustCompile(`\\\r?\n|\^\r?\n`).ReplaceAllString(command, " ")
	for i := 0; i < len(command); i++ {
		c := command[i]
		switch {
		case quote == '\'' && c != '\'', quote == '"' && c != '"' && c != '\\':
			word.WriteByte(c)
		case quote == '"' && c == '\\' && i+1 < len(command):
			if i++; !strings.ContainsRune(`"\$`+"`", rune(command[i])) {
				word.WriteByte('\\')
			}
			word.WriteByte(command[i])
		case quote != 0:
			quote = 0
		case c == '\'' || c == '"':
			quote, in = c, true
		case c == '$' && i+1 < len(command) && command[i+1] == '\'':
		case c == '\\' && i+1 < len(command):
			i++
			word.WriteByte(command[i])
			in = true
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			if in {
				out = append(out, word.String())
				word.Reset()
			}
			in = false
		default:
			word.WriteByte(c)
			in = true
		}
	}
	if quote != 0 {
		return nil, fault.New("draft.curl", "a quote in the command is not closed").Classed(fault.Config)
	}
	if in {
		out = append(out, word.String())
	}
	return out, nil
}
