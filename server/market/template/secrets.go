package template

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
)

// patterns are what credentials look like.
type patterns struct{ key, bearer, address, assigned, named, uuid, random *regexp.Regexp }

func newPatterns() patterns {
	return patterns{
		key:     regexp.MustCompile(`karez-private-key:|PRIVATE KEY-----`),
		bearer:  regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{12,}`),
		address: regexp.MustCompile(`(?i)(://[^/\s:@{]+:[^/\s@{]+@|[?&](access_token|token|key|secret|sign)=[^&\s{]{8,})`),
		// In a script, or in JSON that is kept as text.
		assigned: regexp.MustCompile(`(?i)(secret|passw(or)?d|pwd|token|api_?key|app_?key|access_?key|credential|private_?key)["']?\s*[:=]\s*["'` + "`" + `][^\s"'` + "`" + `{]{6,}["'` + "`" + `]`),
		named:    regexp.MustCompile(`(?i)(secret|passw|pwd|token|api_?key|app_?key|access_?key|credential|private_?key)`),
		uuid:     regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`),
		random:   regexp.MustCompile(`\b[0-9a-fA-F]{32,}\b|\b[A-Za-z0-9+/_-]{40,}\b`),
	}
}

// CodeSecret means that something in a template looks like a credential.
const CodeSecret = "template.secret"

// What a place looks like.
const (
	likeKey     = "a private key"
	likeToken   = "a token"
	likeAddress = "an address with a credential"
	likeNamed   = "a value under the name of a credential"
	likeRandom  = "a text that looks random"
)

// Reason gives what Secrets says of a place as a fault, so that it can be said in other languages.
func Reason(what string) *fault.Fault {
	switch what {
	case likeKey:
		return fault.New("template.secret_key", likeKey)
	case likeToken:
		return fault.New("template.secret_token", likeToken)
	case likeAddress:
		return fault.New("template.secret_address", likeAddress)
	case likeNamed:
		return fault.New("template.secret_named", likeNamed)
	}
	return fault.New("template.secret_random", likeRandom)
}

// holds says which credential shows in a text wherever it stands, "" where none does.
func (p patterns) holds(text string) string {
	switch {
	case p.key.MatchString(text):
		return likeKey
	case p.bearer.MatchString(text):
		return likeToken
	case p.address.MatchString(text):
		return likeAddress
	case p.assigned.MatchString(text):
		return likeNamed
	}
	return ""
}

// is says what a whole text under a name looks like, "" where it is no credential.
func (p patterns) is(name, text string) string {
	switch {
	case p.named.MatchString(name) && len(text) >= 4 && !strings.Contains(text, "{{"):
		return likeNamed
	case !p.uuid.MatchString(text) && slices.ContainsFunc(p.random.FindAllString(text, -1), mixed):
		return likeRandom
	}
	return ""
}

// mixed tells random texts from long names: they have digits, and letters.
func mixed(text string) bool {
	return strings.ContainsAny(text, "0123456789") && strings.ContainsFunc(text, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }) &&
		strings.Count(text, "_")+strings.Count(text, "-") < 3
}

// Secrets gives the places of the flows and code tables that look like credentials,
// with what each looks like. Samples are invented documents and are looked through
// for keys, tokens and addresses alone.
func (t *Template) Secrets() map[string]string {
	found, p := map[string]string{}, newPatterns()
	for i, doc := range t.Spec.Flows {
		p.look(found, "spec.flows["+itoa(i)+"]", doc.JSON(), true)
	}
	for i, s := range t.Spec.Samples {
		p.look(found, "spec.samples["+itoa(i)+"].given", s.Given, false)
		p.look(found, "spec.samples["+itoa(i)+"].expected", s.Expected, false)
	}
	rest := *t
	rest.Spec.Flows, rest.Spec.Samples = nil, nil
	if text, err := json.Marshal(rest); err == nil {
		p.look(found, "", text, true)
	}
	return found
}

func itoa(i int) string { text, _ := json.Marshal(i); return string(text) }

func (p patterns) look(found map[string]string, prefix string, text []byte, names bool) {
	v := decoded(text)
	seen := func(path, name, value string) {
		what := p.holds(value)
		if what == "" && names {
			what = p.is(name, value)
		}
		if what != "" {
			found[strings.TrimPrefix(prefix+"."+path, ".")] = what
		}
	}
	var visit func(path, name string, v any)
	visit = func(path, name string, v any) {
		switch v := v.(type) {
		case string:
			seen(path, name, v)
		case []any:
			for i, e := range v {
				visit(path+"["+itoa(i)+"]", name, e)
			}
		case map[string]any:
			for key, e := range v {
				visit(strings.TrimPrefix(path+"."+key, "."), nameOf(v, key), e)
			}
		}
	}
	visit("", "", v)
}

// nameOf gives the name of a member's value. A row {field: appSecret, value: …} names its
// value by the field, a parameter its default by the key; words for people have no name.
func nameOf(object map[string]any, member string) string {
	switch member {
	case "field", "key", "title", "describe", "name":
		return ""
	case "value", "default":
		for _, by := range []string{"field", "key"} {
			if label, ok := object[by].(string); ok && label != "" {
				return label
			}
		}
	}
	return member
}
