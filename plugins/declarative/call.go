package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/tokens"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/declarative/expr"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// codeClock says that a call was refused because the clocks differ.
const codeClock = "definition.clock_differs"

// answer is what a call was answered with.
type answer struct {
	body   item.Value
	date   time.Time
	status int
}

// call makes the call of an operation, and once more with a fresh token where the first one
// was refused: what refuses a token has applied nothing.
func (s *session) call(ctx context.Context, operation string, env expr.Env) (answer, error) {
	of := s.d.Operations[operation]
	env = env.With("operation", item.Of(item.AppendText(nil, operation)))
	var grant tokens.Grant
	for refused := ""; ; refused = grant.Token {
		if s.tokens != nil {
			var err error
			if grant, err = s.tokens.Get(ctx, refused); err != nil {
				return answer{}, err
			}
			env = env.With("token", tokenValue(grant))
		}
		got, err := s.once(ctx, of, env)
		if s.tokens != nil && refused == "" && err != nil && s.isToken(err) {
			continue
		}
		return got, err
	}
}

// isToken tells refusals of a token.
func (s *session) isToken(err error) bool {
	f := fault.From(err)
	code, vendor := strings.CutPrefix(f.Code, manifest.VendorPrefix)
	return vendor && s.d.Token.Refused.Is(code, f.Message)
}

// once makes one call.
func (s *session) once(ctx context.Context, of declarative.Operation, env expr.Env) (answer, error) {
	made := s.clock.Now()
	env = env.With("now", s.now()).With("nonce", nonce())
	for _, vars := range []*declarative.Node{&of.Vars, &s.d.Vars} {
		var err error
		if env, err = vars.Each(env); err != nil {
			return answer{}, fault.From(err).Under("vars").Unapplied()
		}
	}
	got, err := s.send(ctx, of.Request, of.Answer, env)
	return got, s.timely(err, made, got.date)
}

// timely looks at a refusal of a call that was made for a moment and answered at the
// system's date: where the two differ the system's time is used from now on, and the engine
// makes the call again.
func (s *session) timely(err error, made, date time.Time) error {
	if err == nil || s.d.Clock == nil {
		return err
	}
	f := fault.From(err)
	code, vendor := strings.CutPrefix(f.Code, manifest.VendorPrefix)
	if !vendor || !s.d.Clock.Refused.Is(code, f.Message) || !s.clock.Learn(made, date) {
		return err
	}
	return fault.New(codeClock, "the clock of %s differs by %s; its time is used from now on", s.d.Definition.Manifest.Title.ZH, date.Sub(made).Round(time.Second)).
		Classed(fault.Transient).Unapplied().Because(err)
}

// send makes a request of a template, and reads by how whether it was accepted.
func (s *session) send(ctx context.Context, r declarative.Request, how declarative.Answer, env expr.Env) (answer, error) {
	to, header, kind, body, err := s.request(r, env)
	if err != nil {
		return answer{}, fault.From(err).Unapplied()
	}
	reply, err := s.http.Do(ctx, r.Method, to, kind, header, body)
	if reply == nil {
		return answer{}, err
	}
	text, unread := reply.JSON()
	got := answer{date: reply.Date, status: reply.Status}
	if unread == nil {
		got.body = item.Of(text)
	}
	switch {
	case err != nil && !refuses(how, got.body):
		return got, err
	case err == nil && unread != nil:
		return got, unread // whether a write was applied, nobody knows
	case err == nil && (how.OK == nil || holds(how.OK, got.body)):
		return got, nil
	}
	return got, s.refusal(how, got.body, text, err)
}

// request makes a request of a template.
func (s *session) request(r declarative.Request, env expr.Env) (to string, header http.Header, kind string, body []byte, err error) {
	u := *s.base
	path, err := r.Path.Escaped(env, url.PathEscape)
	if err != nil {
		return "", nil, "", nil, err
	}
	if path != "" {
		u.RawPath = s.base.EscapedPath() + "/" + strings.TrimLeft(path, "/")
		if u.Path, err = url.PathUnescape(u.RawPath); err != nil || slices.Contains(strings.Split(u.Path, "/"), "..") {
			// Not even quoted: a part of it may be a secret.
			return "", nil, "", nil, fault.New("definition.path", "a value in the path of the call leads out of it").Classed(fault.Data).
				Hinted("look for .. in the values of the path")
		}
	}
	if u.RawQuery, err = encoded(&r.Query, env); err != nil {
		return "", nil, "", nil, err
	}
	header = http.Header{"Accept": {"application/json"}}
	headers, err := r.Header.Value(env)
	for name, value := range headers.Fields() {
		header.Set(name, strings.NewReplacer("\r", "", "\n", "").Replace(expr.Written(value)))
	}
	if err != nil {
		return "", nil, "", nil, err
	}
	kind, body, err = content(r, env)
	return u.String(), header, kind, body, err
}

// content gives a request's body and its type.
func content(r declarative.Request, env expr.Env) (kind string, body []byte, err error) {
	switch {
	case r.Method == http.MethodGet || r.Method == http.MethodHead: // what holds for all operations may have a body
	case r.Form.Given():
		text, err := encoded(&r.Form, env)
		return "application/x-www-form-urlencoded; charset=utf-8", []byte(text), err
	case r.JSON.Given():
		v, err := r.JSON.Value(env)
		return "application/json; charset=utf-8", []byte(expr.Written(v)), err
	case r.Body.Given():
		text, err := r.Body.Text(env)
		return r.Type, []byte(text), err
	}
	return "", nil, nil
}

// encoded writes the members of an object as those of a form, in their order.
func encoded(n *declarative.Node, env expr.Env) (string, error) {
	v, err := n.Value(env)
	if err != nil {
		return "", err
	}
	var out []string
	for name, value := range v.Fields() {
		out = append(out, url.QueryEscape(name)+"="+url.QueryEscape(expr.Written(value)))
	}
	return strings.Join(out, "&"), nil
}

// refuses reports whether an answer with an unfit status is the system's own refusal.
func refuses(how declarative.Answer, body item.Value) bool { return !how.Code.In(body).Blank() }

// holds reports whether a condition holds of an answer.
func holds(c *declarative.Condition, body item.Value) bool {
	text := declarative.At(body, c.Path).Text()
	if len(c.Values) > 0 {
		return slices.Contains(c.Values, text)
	}
	return !slices.Contains([]string{"", "false", "0", "null"}, text)
}

// refusal makes a fault "vendor.<code>" of an answer that was not an acceptance, in the
// vendor's own words. The manifest's rules give it its class.
func (s *session) refusal(how declarative.Answer, body item.Value, text []byte, err error) error {
	if how.Code.In(body).Blank() && how.Message.In(body).Blank() {
		return fault.New("definition.answer_unreadable", "the answer is not one of %s: it says neither success nor why not", s.d.Definition.Manifest.Title.ZH).
			Classed(fault.Transient).Answered([]byte(s.http.Redact(string(text))))
	}
	code, message := s.words(how.Code, how.Message, body)
	f := fault.New(manifest.VendorPrefix+code, "%s", message).Answered([]byte(s.http.Redact(string(text))))
	if field := how.Field.In(body).Text(); field != "" {
		f = f.At(field).Arg("field", field)
	}
	if given, ok := errors.AsType[*fault.Fault](err); ok {
		f = f.After(given.RetryAfter)
		if given.NotApplied {
			f = f.Unapplied()
		}
	}
	return f
}

// words gives the code and the words of a refusal, which may have neither.
func (s *session) words(codes, messages declarative.Paths, of item.Value) (code, message string) {
	code, message = codes.In(of).Text(), s.http.Redact(messages.In(of).Text())
	if code == "" {
		code = "refused"
	}
	if message == "" {
		message = s.d.Definition.Manifest.Title.ZH + " refused with code " + code
	}
	return code, message
}

// ask asks for a token.
func (s *session) ask(ctx context.Context, old tokens.Grant) (tokens.Grant, error) {
	t := s.d.Token
	env := s.env.With("now", s.now()).With("nonce", nonce())
	made := s.clock.Now()
	var got answer
	err := errNone
	if t.Renew != nil && old.Token != "" {
		got, err = s.send(ctx, *t.Renew, t.Answer, env.With("token", tokenValue(old)))
	}
	if err != nil {
		got, err = s.send(ctx, t.Request, t.Answer, env)
	}
	if err = s.timely(err, made, got.date); err != nil {
		return tokens.Grant{}, fault.From(err).Unapplied()
	}
	env = expr.Env{Values: map[string]item.Value{"answer": got.body}, Zone: s.env.Zone}
	value, err := t.Value.Text(env)
	if err != nil || value == "" {
		return tokens.Grant{}, fault.New("definition.token_missing", "the answer to the log-in brings no token").Classed(fault.Transient).Unapplied().Because(err).
			Hinted("check the account of the connection, and in the definition where the token stands in the answer")
	}
	grant := tokens.Grant{Token: value, With: map[string]string{}}
	with, err := t.With.Value(env)
	if err != nil {
		return tokens.Grant{}, err
	}
	for name, v := range with.Fields() {
		grant.With[name] = v.Text()
	}
	life, err := t.Life.Text(env)
	if seconds, notNumber := time.ParseDuration(life + "s"); err == nil && notNumber == nil && seconds > 0 {
		grant = grant.Lasting(s.d.clock(), seconds, min(t.Early.Std(), seconds/2))
	}
	return grant, nil
}

// errNone is the failure of a renewal that there was nothing for.
var errNone = errors.New("no token yet")

// learn hides a token from what is traced.
func (s *session) learn(g tokens.Grant) {
	s.http.Hide(g.Token)
	for _, value := range g.With {
		s.http.Hide(value)
	}
}

func tokenValue(g tokens.Grant) item.Value {
	out := expr.NewObject()
	out.Add("value", item.Of(item.AppendText(nil, g.Token)))
	for name, value := range g.With {
		out.Add(name, item.Of(item.AppendText(nil, value)))
	}
	return out.Value()
}

var _ connector.Session = (*session)(nil)
