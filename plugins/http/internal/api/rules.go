package api

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Rules read an answer.
type Rules struct {
	// Statuses are those of an accepted call, "" for 200-299, for example "200,202".
	Statuses string
	// OKPath is where an answer says that the call was accepted, by one of OKValues; without
	// values anything but false, 0 and nothing.
	OKPath   string
	OKValues []string
	// CodePath, MessagePath and FieldPath are where a refusal says what and why.
	CodePath, MessagePath, FieldPath string
	// Classes are the codes of refusals by what is to be done.
	Classes map[fault.Class][]string
}

// over gives r with what other says in place of its own.
func (r Rules) over(other Rules) Rules {
	for _, pair := range []struct{ own, other *string }{
		{&r.Statuses, &other.Statuses},
		{&r.CodePath, &other.CodePath},
		{&r.MessagePath, &other.MessagePath},
		{&r.FieldPath, &other.FieldPath},
	} {
		if *pair.other != "" {
			*pair.own = *pair.other
		}
	}
	if other.OKPath != "" {
		r.OKPath, r.OKValues = other.OKPath, other.OKValues
	}
	return r
}

// judge reads what came back.
func (a *API) judge(c Call, reply *erphttp.Reply, err error) (Answer, error) {
	if reply == nil {
		return Answer{}, err
	}
	rules := a.Rules.over(c.Rules)
	answer := Answer{Header: reply.Header, Date: reply.Date, Status: reply.Status}
	body, unread := reply.JSON()
	// Nothing, and a plain word such as OK, say as much as the status does; a web page in
	// place of an answer does not.
	bare := rules.OKPath == "" && (fault.CodeOf(unread) == "http.empty" ||
		c.Write && fault.CodeOf(unread) == "http.not_json" && strings.HasPrefix(reply.Header.Get("Content-Type"), "text/plain"))
	if unread == nil {
		answer.Body = item.Of(body)
	}
	accepted := rules.Accepts(reply.Status)
	switch {
	case accepted && unread != nil && !bare:
		return Answer{}, unread // whether a write was applied, nobody knows
	case accepted && rules.okay(answer.Body):
		return answer, nil
	}
	return Answer{}, a.refusal(c, rules, reply, answer.Body, accepted, err)
}

// Accepts reports whether a status is one of an accepted call.
func (r Rules) Accepts(status int) bool {
	if r.Statuses == "" {
		return status >= 200 && status < 300
	}
	for part := range strings.SplitSeq(r.Statuses, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		low, err := strconv.Atoi(strings.TrimSpace(from))
		high := low
		if isRange && err == nil {
			high, err = strconv.Atoi(strings.TrimSpace(to))
		}
		if err == nil && status >= low && status <= high {
			return true
		}
	}
	return false
}

func (r Rules) okay(body item.Value) bool {
	if r.OKPath == "" {
		return true
	}
	text := body.Path(r.OKPath).Text()
	if len(r.OKValues) > 0 {
		return slices.Contains(r.OKValues, text)
	}
	return !slices.Contains([]string{"", "false", "0", "null"}, text)
}

// refusal makes a fault of an answer that was not accepted.
func (a *API) refusal(c Call, rules Rules, reply *erphttp.Reply, body item.Value, accepted bool, err error) error {
	status := "HTTP " + strconv.Itoa(reply.Status)
	code, message := body.Path(orNone(rules.CodePath)).Text(), body.Path(orNone(rules.MessagePath)).Text()
	if message == "" {
		message = "the interface refused with " + strings.TrimSpace(status+" "+code)
	}
	if code == "" {
		code = strconv.Itoa(reply.Status)
	}
	f := fault.New("vendor."+code, "%s", a.HTTP.Redact(message)).Arg("status", status)
	if given, ok := errors.AsType[*fault.Fault](err); ok && given.Code == "http.status" {
		f = f.After(given.RetryAfter)
		if given.Hint != "" {
			f = f.Hinted("%s", given.Hint)
		}
	}
	if field := body.Path(orNone(rules.FieldPath)).Text(); field != "" {
		f = f.At(field).Arg("field", field)
	}
	class := rules.class(code)
	if class == "" {
		class = classOf(reply.Status, accepted, c.Write)
	}
	f = f.Classed(class)
	// A refusal leaves nothing behind; a failure may come behind the work.
	if accepted && class != fault.Transient || reply.Status >= 400 && reply.Status < 500 && reply.Status != http.StatusRequestTimeout {
		f = f.Unapplied()
	}
	return f
}

// orNone keeps an empty path from meaning the whole answer.
func orNone(path string) string {
	if path == "" {
		return "\x00"
	}
	return path
}

func (r Rules) class(code string) fault.Class {
	for _, class := range []fault.Class{fault.Transient, fault.Rate, fault.Auth, fault.Duplicate, fault.BusinessWait} {
		if slices.Contains(r.Classes[class], code) {
			return class
		}
	}
	return ""
}

// classOf reads a status. What a write is refused with is about its document, unless the
// status says that it is about the address, the caller or the pace.
func classOf(status int, accepted, write bool) fault.Class {
	refusal := fault.Config
	if write {
		refusal = fault.Data
	}
	switch {
	case accepted:
		return refusal
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusProxyAuthRequired:
		return fault.Auth
	case status == http.StatusTooManyRequests:
		return fault.Rate
	case status == http.StatusRequestTimeout || status == http.StatusTooEarly || status == http.StatusLocked || status >= 500 && status != http.StatusNotImplemented:
		return fault.Transient
	case status == http.StatusConflict && write:
		return fault.Duplicate
	case status == http.StatusMethodNotAllowed || status == http.StatusNotAcceptable || status == http.StatusUnsupportedMediaType || status < 400 || status >= 500:
		return fault.Config
	default:
		return refusal
	}
}
