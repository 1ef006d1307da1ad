package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/tokens"
	"github.com/karezflow/karez/plugins/internal/vendorclock"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/declarative/expr"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// defined implements connector.Connector by a definition.
type defined struct {
	*declarative.Definition

	clock func() time.Time
	// pause waits between two looks at a token that somebody else is asking for.
	pause func(context.Context) error
}

func newConnector(d *declarative.Definition, clock func() time.Time) defined {
	return defined{d, clock, tokens.Pause}
}

// Manifest implements connector.Connector.
func (d defined) Manifest() []byte { return d.YAML }

// Open implements connector.Connector. It makes no call.
func (d defined) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	settings, secrets := item.Of(account.Settings), expr.NewObject()
	if settings.Kind() != item.Object {
		return nil, fault.New("connection.settings_invalid", "the connection's settings cannot be read").Classed(fault.Config)
	}
	var hidden []string
	for key, value := range account.Secrets {
		secrets.Add(key, item.Of(item.AppendText(nil, value)))
		hidden = append(hidden, value)
	}
	zone, err := time.LoadLocation(d.Definition.Manifest.At(account.Settings).TimeZone)
	if err != nil {
		return nil, fault.New("connection.settings_invalid", "the time zone is not known").Classed(fault.Config).Because(err)
	}
	s := &session{d: d, clock: vendorclock.New(d.clock, time.Hour)}
	if d.Clock != nil {
		s.clock = vendorclock.New(d.clock, d.Clock.Skew.Std())
	}
	s.env = expr.Env{Values: map[string]item.Value{"settings": d.filled(settings), "secrets": secrets.Value()}, Zone: zone}
	if s.base, err = d.base(s.env); err != nil {
		return nil, err
	}
	s.http = erphttp.New(host, d.clock, hidden...)
	s.http.HideFields(d.Hide...)
	if d.Token != nil {
		s.tokens = &tokens.Keeper{
			System: cmp.Or(d.Definition.Manifest.Title.ZH, d.Definition.Manifest.ID), Host: host, Clock: d.clock, Pause: d.pause,
			From:  tokens.Digest(string(account.Settings), string(s.env.Values["secrets"].Raw())),
			Ask:   s.ask,
			Learn: func(g tokens.Grant) { s.learn(g) },
		}
	}
	return s.able(), nil
}

// filled gives the settings with the manifest's defaults in place of those that are blank.
func (d defined) filled(settings item.Value) item.Value {
	out := expr.NewObject()
	for _, s := range d.Definition.Manifest.Settings {
		switch v := settings.Field(s.Key); {
		case s.Secret:
		case !v.Blank():
			out.Add(s.Key, v)
		case s.Default != "":
			out.Add(s.Key, item.Of(item.AppendText(nil, s.Default)))
		}
	}
	return out.Value()
}

func (d defined) base(env expr.Env) (*url.URL, error) {
	text, err := d.Address.Text(env)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(strings.TrimRight(strings.TrimSpace(text), "/"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fault.New("connection.settings_invalid", "the address of the system is not one such as https://api.example.com").Classed(fault.Config)
	}
	return u, nil
}

// session implements connector.Session.
type session struct {
	d      defined
	env    expr.Env
	base   *url.URL
	http   *erphttp.Client
	clock  *vendorclock.Clock
	tokens *tokens.Keeper
}

// writing is a session that also implements connector.Writer, probing one that looks up too.
type (
	writing struct{ *session }
	probing struct{ writing }
)

var (
	_ connector.Writer = writing{}
	_ connector.Prober = probing{}
)

// able gives what the definition can do.
func (s *session) able() connector.Session {
	writes, probes := false, false
	for _, o := range s.d.Definition.Manifest.Operations {
		writes = writes || o.Kind != manifest.Query
		probes = probes || s.d.Operations[o.Name].Probe != nil
	}
	switch {
	case probes:
		return probing{writing{s}}
	case writes:
		return writing{s}
	}
	return s
}

// Check implements connector.Session by the query that the definition names.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	if s.d.Check.Operation == "" {
		reply, err := s.http.Head(ctx, s.base.String(), nil)
		if reply == nil {
			return connector.Health{}, err
		}
		return connector.Health{SourceTime: reply.Date, Account: s.base.Host}, nil
	}
	params, err := s.d.Check.Params.Value(s.env.With("now", s.now()))
	if err != nil {
		return connector.Health{}, err
	}
	req := connector.QueryRequest{Operation: s.d.Check.Operation, Params: params.Raw()}
	if o, _ := s.d.Definition.Manifest.Operation(req.Operation); o.Paging != nil {
		req.Page = connector.PageRef{Number: o.Paging.First, Size: 1}
	}
	got, err := s.query(ctx, req)
	if fault.CodeOf(err) == codeClock {
		got, err = s.query(ctx, req) // a check does not count against anything that waits
	}
	if err != nil && !got.says(s.d.Check.Accept, err) {
		return connector.Health{}, err
	}
	name, err := s.d.Check.Account.Text(s.env)
	return connector.Health{SourceTime: got.date, Account: cmp.Or(name, s.base.Host)}, err
}

// says reports whether a refusal has one of the codes. What comes with a status of failure has
// none of the system's meaning: frameworks and gateways put the status itself where codes stand.
func (a answer) says(codes []string, err error) bool {
	code, vendor := strings.CutPrefix(fault.CodeOf(err), manifest.VendorPrefix)
	return vendor && a.status < http.StatusInternalServerError && slices.Contains(codes, code)
}

// Query implements connector.Session.
func (s *session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	of, ok := s.d.Operations[req.Operation]
	o, _ := s.d.Definition.Manifest.Operation(req.Operation)
	if !ok || o.Kind != manifest.Query {
		return connector.Page{}, unknown(req.Operation)
	}
	got, err := s.query(ctx, req)
	if err != nil {
		if got.says(of.Answer.Empty, err) {
			return connector.Page{Rows: []byte("[]"), Total: -1, SourceTime: got.date}, nil
		}
		return connector.Page{}, err
	}
	return page(got, of.Answer, req.Page, o.Paging != nil && o.Paging.Strategy != manifest.Unpaged)
}

// query makes the call of a query.
func (s *session) query(ctx context.Context, req connector.QueryRequest) (answer, error) {
	if len(req.Params) > 0 {
		if err := item.Check(req.Params); err != nil {
			return answer{}, fault.From(err).Unapplied()
		}
	}
	o, _ := s.d.Definition.Manifest.Operation(req.Operation)
	env := s.env.With("params", turned(item.Of(req.Params), o.Paging, req.Page)).
		With("page", pageValue(req.Page))
	return s.call(ctx, req.Operation, env)
}

// turned fills the page in where the parameters leave it out.
func turned(params item.Value, paging *manifest.Paging, page connector.PageRef) item.Value {
	out := expr.NewObject()
	for name, value := range params.Fields() {
		out.Add(name, value)
	}
	if paging == nil || paging.Strategy == manifest.Unpaged {
		return out.Value()
	}
	fill := func(name, value string) {
		if name != "" && params.Field(name).Blank() && value != "" {
			out.Add(name, item.Of([]byte(value)))
		}
	}
	switch paging.Strategy {
	case manifest.ByPage:
		fill(paging.Number, strconv.Itoa(page.Number))
	case manifest.ByOffset:
		fill(paging.Offset, strconv.Itoa(page.Offset))
	default:
		if page.Token != "" {
			fill(paging.Token, string(item.AppendText(nil, page.Token)))
		}
	}
	if page.Size > 0 {
		fill(paging.Size, strconv.Itoa(page.Size))
	}
	return out.Value()
}

func pageValue(p connector.PageRef) item.Value {
	out := expr.NewObject()
	for name, n := range map[string]int{"number": p.Number, "offset": p.Offset, "size": p.Size} {
		out.Add(name, item.Of(strconv.AppendInt(nil, int64(n), 10)))
	}
	out.Add("token", item.Of(item.AppendText(nil, p.Token)))
	return out.Value()
}

// page reads a page out of an answer, whose rows stay the system's bytes.
func page(got answer, how declarative.Answer, asked connector.PageRef, paged bool) (connector.Page, error) {
	out := connector.Page{Rows: []byte("[]"), Total: -1, SourceTime: got.date}
	total, err := strconv.Atoi(how.Total.In(got.body).Text())
	if err == nil && total >= 0 {
		out.Total = total
	}
	switch rows := how.Rows.There(got.body); rows.Kind() {
	case item.Array:
		out.Rows = rows.Raw()
	case item.Object:
		if paged { // a page is a list, which stands elsewhere in it
			return out, fault.New("definition.rows_missing", "what the answer holds at %s is no list", strings.Join(how.Rows, ", ")).Classed(fault.Transient).
				Hinted("compare the answer with answer.rows of the definition")
		}
		out.Rows = append(append([]byte("["), rows.Raw()...), ']')
	case item.None, item.Null:
		told := len(how.Total) == 0 || out.Total == 0
		if rows.Kind() == item.None && (!how.Optional || !told) || out.Total > 0 {
			return out, fault.New("definition.rows_missing", "the answer holds no rows at %s", strings.Join(how.Rows, ", ")).Classed(fault.Transient).
				Hinted("compare the answer with answer.rows of the definition")
		}
	default:
		return out, fault.New("definition.rows_missing", "what the answer holds at %s is no list", strings.Join(how.Rows, ", ")).Classed(fault.Transient).
			Hinted("compare the answer with answer.rows of the definition")
	}
	if how.More != nil {
		out.More = holds(how.More, got.body)
	}
	if len(how.Next) > 0 && (how.More == nil || out.More) {
		out.NextToken = how.Next.In(got.body).Text()
		if out.More = out.NextToken != ""; out.More && out.NextToken == asked.Token {
			return out, fault.New("definition.cursor_stuck", "the next page is said to be the one that was read").Classed(fault.Config)
		}
	}
	return out, nil
}

// now is the system's time in seconds.
func (s *session) now() item.Value { return item.Of(strconv.AppendInt(nil, s.clock.Now().Unix(), 10)) }

func nonce() item.Value { return item.Of(item.AppendText(nil, strings.ToLower(rand.Text()))) }

// Close implements connector.Session.
func (s *session) Close(ctx context.Context) error {
	s.http.Close()
	if s.tokens == nil {
		return nil
	}
	return s.tokens.Close(ctx)
}

func unknown(operation string) *fault.Fault {
	return fault.New("connector.unknown_operation", "there is no operation %q here", operation).Classed(fault.Config).Unapplied()
}
