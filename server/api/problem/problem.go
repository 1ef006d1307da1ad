// Package problem turns faults into answers: RFC 9457 problem documents with a
// status, and sentences in the reader's language.
//
// It may import sdk/fault and engine/flow only.
package problem

import (
	"errors"
	"net/http"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
)

// Problem is an RFC 9457 problem document. It is an error, so that a handler can return it.
type Problem struct { //nolint:errname // the standard's word
	Type   string `json:"type" doc:"Always about:blank; the code tells problems apart"`
	Title  string `json:"title" doc:"The status in words"`
	Status int    `json:"status"`
	// Code is stable and dotted.
	Code string `json:"code" doc:"Stable dotted code"`
	// Message and Hint are in the reader's language, or in English where the catalogue has none.
	Message string `json:"message" doc:"A sentence in the language of Accept-Language"`
	Hint    string `json:"hint,omitempty" doc:"What to do next"`
	Path    string `json:"path,omitempty" doc:"The bad field"`
	// Args are the variable parts of the message.
	Args map[string]string `json:"args,omitempty"`
	// Problems lists what is wrong field by field.
	Problems []flow.Problem `json:"problems,omitempty"`
	// Current is the other version, on a conflict.
	Current any `json:"current,omitempty" doc:"The version that is stored, on a conflict"`
	// RequestID finds the request in the log.
	RequestID string `json:"requestId,omitempty"`
}

// Error gives code and message.
func (p *Problem) Error() string { return p.Code + ": " + p.Message }

// GetStatus gives the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType gives the media type of problem documents.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// Listed is an error that carries problems of single fields.
type Listed interface {
	error
	ListProblems() []flow.Problem
}

// FaultsError is an error that is Listed by what a service found wrong, all at once.
type FaultsError struct {
	error

	List []*fault.Fault
}

// AllOf makes an error Listed by these faults.
func AllOf(err error, list []*fault.Fault) FaultsError { return FaultsError{err, list} }

// Unwrap gives the error.
func (f FaultsError) Unwrap() error { return f.error }

// ListProblems implements Listed.
func (f FaultsError) ListProblems() []flow.Problem {
	list := make([]flow.Problem, len(f.List))
	for i, one := range f.List {
		list[i] = flow.ProblemOf(one, "")
	}
	return list
}

// Of makes the problem document of an error. Internal failures are said without
// their text, which may name tables and files; internal reports that it was one.
func Of(err error, words *Words, language string) (p *Problem, internal bool) {
	f := fault.From(err)
	status := statusOf(f)
	if internal = status == http.StatusInternalServerError; internal {
		f = fault.New("internal.unexpected", "something went wrong on our side").
			Hinted("try again; if it stays, look up the request's number in the log")
	}
	p = &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: f.Code, Path: f.Path, Args: f.Args}
	p.Message, p.Hint = words.Say(language, f.Code, f.Message, f.Hint, f.Args)
	if l, ok := errors.AsType[Listed](err); ok {
		p.Problems = words.Problems(language, l.ListProblems())
	}
	return p, internal
}

// statusOf gives the status of a fault: by its code where that says more than its class.
func statusOf(f *fault.Fault) int {
	switch f.Code {
	case "auth.login_required", "auth.setup_required", "auth.login_failed", "auth.setup_token_invalid", "auth.token_invalid",
		"webhook.unsigned", "webhook.signature_invalid", "webhook.stale", "webhook.token_invalid":
		return http.StatusUnauthorized
	case "auth.forbidden", "request.cross_origin":
		return http.StatusForbidden
	case "auth.throttled":
		return http.StatusTooManyRequests
	case "object.missing", "route.unknown", "webhook.unknown", "package.not_installed":
		return http.StatusNotFound
	case "request.method":
		return http.StatusMethodNotAllowed
	case "request.too_large", "codetable.file_too_large", "sheet.too_large", "webhook.too_large", "webhook.too_many_records", "package.too_large":
		return http.StatusRequestEntityTooLarge
	case "request.not_json", "webhook.content_type":
		return http.StatusUnsupportedMediaType
	case "request.unreadable", "webhook.body_invalid", "webhook.member_repeated", "webhook.form_invalid", "webhook.id_invalid", "webhook.id_missing", "webhook.id_too_long":
		return http.StatusBadRequest
	case "auth.setup_done", "flow.conflict", "flow.in_use", "document.changed", "connection.in_use", "connection.exists", "connection.conflict",
		"codetable.exists", "codetable.in_use", "codetable.awaited", "codetable.changed", "file.exists", "file.in_use",
		"package.in_use", "package.version_exists", "package.active", "package.other":
		return http.StatusConflict
	}
	switch f.Class {
	case fault.Transient, fault.BusinessWait:
		return http.StatusServiceUnavailable
	case fault.Rate:
		return http.StatusTooManyRequests
	case fault.Duplicate:
		return http.StatusConflict
	case fault.Auth, fault.Data, fault.Config:
		return http.StatusUnprocessableEntity
	case fault.Internal:
		return http.StatusInternalServerError
	default:
		return http.StatusInternalServerError
	}
}
