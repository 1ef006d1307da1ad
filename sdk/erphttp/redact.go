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
	switch {
	case end >= len(s):
		return 0, 0, false
	case s[end] == '=' && (start == 0 || s[start-1] == '&' || s[start-1] == '?'):
		return end + 1, until(s, end+1, "&"), true
	case s[end] == '"' && start > 0 && s[start-1] == '"':
		return memberBehind(s, end+1)
	default:
		return 0, 0, false
	}
}

// memberBehind gives the span of the value of the JSON name that ends before s[at].
func memberBehind(s string, at int) (from, to int, ok bool) {
	at = behindSpace(s, at)
	if at >= len(s) || s[at] != ':' {
		return 0, 0, false
	}
	from = behindSpace(s, at+1)
	switch {
	case from >= len(s):
		return 0, 0, false
	case s[from] == '"':
		return from + 1, closingQuote(s, from+1), true
	default:
		return from, until(s, from, ",}] \t\r\n"), true
	}
}

func behindSpace(s string, at int) int {
	return len(s) - len(strings.TrimLeft(s[at:], " \t\r\n"))
}

// until gives the index of the first of the stops from s[at] on, or the end.
func until(s string, at int, stops string) int {
	if n := strings.IndexAny(s[at:], stops); n >= 0 {
		return at + n
	}
	return len(s)
}

// closingQuote gives the index of the quote that ends the text from s[at] on, or the end.
func closingQuote(s string, at int) int {
	for ; at < len(s) && s[at] != '"'; at++ {
		if s[at] == '\\' {
			at++
		}
	}
	return min(at, len(s))
}
