package erphttp

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// MaxTrace is the most bytes of a body that a trace carries.
const MaxTrace = 64 << 10

const hidden = "***"

// redactor knows what traces and errors may not show.
type redactor struct {
	mu sync.RWMutex
	// texts are the secrets in every form in which they may stand in a URL, a form or JSON, longest first.
	texts []string
	// names are the members and form fields whose values are hidden.
	names []string
}

func (r *redactor) hide(secrets []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	texts := slices.Clone(r.texts)
	for _, s := range secrets {
		if s == "" {
			continue
		}
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s), quoted(s, true), quoted(s, false)} {
			if !slices.Contains(texts, form) {
				texts = append(texts, form)
			}
		}
	}
	slices.SortStableFunc(texts, func(a, b string) int { return len(b) - len(a) })
	r.texts = texts
}

// quoted gives s as it stands between the quotes of a JSON text; some encoders
// write & < > as \u escapes and some do not.
func quoted(s string, html bool) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(html)
	_ = encoder.Encode(s)                // a text always encodes
	return out.String()[1 : out.Len()-2] // without the quotes and the line's end
}

func (r *redactor) hideFields(names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names = append(slices.Clone(r.names), names...)
}

func (r *redactor) known() (texts, names []string) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.texts, r.names
}

func (r *redactor) text(s string) string {
	texts, names := r.known()
	for _, name := range names {
		s = hideField(s, name)
	}
	for _, secret := range texts {
		s = strings.ReplaceAll(s, secret, hidden)
	}
	return s
}

// body redacts a body for a trace and cuts it at MaxTrace.
func (r *redactor) body(raw []byte) []byte {
	if len(raw) <= MaxTrace {
		return []byte(r.text(string(raw)))
	}
	head := r.text(string(raw[:MaxTrace]))
	texts, _ := r.known()
	// A secret that the cut runs through was not recognised: its beginning goes, too.
	for _, secret := range texts {
		for n := min(len(secret)-1, len(head)); n > 0; n-- {
			if strings.HasSuffix(head, secret[:n]) {
				head = head[:len(head)-n]
				break
			}
		}
	}
	return append(bytes.ToValidUTF8([]byte(head), nil), "… ("+strconv.Itoa(len(raw))+" bytes)"...)
}

// hideField replaces the value of every JSON member and form field with this
// name. A value that the text ends in is hidden as well.
func hideField(s, name string) string {
	var out strings.Builder
	copied := 0
	for next := 0; ; {
		at := strings.Index(s[next:], name)
		if at < 0 {
			break
		}
		at, next = next+at, next+at+len(name)
		if from, to, ok := valueBehind(s, at, next); ok {
			out.WriteString(s[copied:from] + hidden)
			copied, next = to, to
		}
	}
	if copied == 0 {
		return s
	}
	out.WriteString(s[copied:])
	return out.String()
}

// valueBehind gives the span of the value of the name at s[start:end].
func valueBehind(s string, start, end int) (from, to int, ok bool) {
	if (start == 0 || s[start-1] == '&' || s[start-1] == '?') && end < len(s) && s[end] == '=' {
		if n := strings.IndexByte(s[end:], '&'); n >= 0 {
			return end + 1, end + n, true
		}
		return end + 1, len(s), true
	}
	if start == 0 || s[start-1] != '"' || end >= len(s) || s[end] != '"' {
		return 0, 0, false
	}
	colon := end + 1
	for colon < len(s) && strings.IndexByte(" \t\r\n", s[colon]) >= 0 {
		colon++
	}
	if colon >= len(s) || s[colon] != ':' {
		return 0, 0, false
	}
	from = colon + 1
	for from < len(s) && strings.IndexByte(" \t\r\n", s[from]) >= 0 {
		from++
	}
	if from >= len(s) {
		return 0, 0, false
	}
	if s[from] != '"' {
		to = from
		for to < len(s) && strings.IndexByte(",}] \t\r\n", s[to]) < 0 {
			to++
		}
		return from, to, true
	}
	from++
	for to = from; to < len(s) && s[to] != '"'; to++ {
		if s[to] == '\\' {
			to++
		}
	}
	return from, min(to, len(s)), true
}
