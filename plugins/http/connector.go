package main

import (
	"cmp"
	"context"
	_ "embed"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/http/internal/api"
	"github.com/karezflow/karez/plugins/http/internal/auth"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/outbound"
)

//go:embed manifest.yaml
var manifestYAML string

// The operations.
const (
	readPages      = "read.pages"
	readOffset     = "read.offset"
	readCursor     = "read.cursor"
	readOnce       = "read.once"
	changesPages   = "changes.pages"
	changesOffset  = "changes.offset"
	changesCursor  = "changes.cursor"
	changesOnce    = "changes.once"
	writeKeyed     = "write.keyed"
	writeRepeated  = "write.repeatable"
	writeChecked   = "write.checked"
	writeUnchecked = "write.once"
)

// interfaces implements connector.Connector.
type interfaces struct {
	clock func() time.Time
	// pause waits between two looks at a token that somebody else is asking for.
	pause func(context.Context) error
}

func newConnector(clock func() time.Time) interfaces { return interfaces{clock, pause} }

func pause(ctx context.Context) error {
	timer := time.NewTimer(100 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Manifest implements connector.Connector.
func (interfaces) Manifest() []byte { return []byte(manifestYAML) }

// settings reads the settings of a connection.
type settings struct{ given item.Value }

func (s settings) text(key, usual string) string {
	return cmp.Or(strings.TrimSpace(s.given.Field(key).Text()), usual)
}

func (s settings) list(key string) []string { return list(s.given.Field(key)) }

// list reads a JSON list of texts, or one text with commas between.
func list(v item.Value) []string {
	var out []string
	add := func(text string) {
		if text = strings.TrimSpace(text); text != "" {
			out = append(out, text)
		}
	}
	if v.Kind() == item.Array {
		for e := range v.Elements() {
			add(e.Text())
		}
		return out
	}
	for text := range strings.SplitSeq(v.Text(), ",") {
		add(text)
	}
	return out
}

func invalid(setting, words string) *fault.Fault {
	return fault.New("http.setting_invalid", "%s", words).At(setting).Classed(fault.Config).Unapplied()
}

// Open implements connector.Connector.
func (c interfaces) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	s := settings{item.Of(account.Settings)}
	if s.given.Kind() != item.Object {
		return nil, fault.New("connection.settings_invalid", "the connection's settings cannot be read").Classed(fault.Config)
	}
	base, err := s.address("address", true)
	if err != nil {
		return nil, err
	}
	proof := s.proof(account.Secrets)
	client := erphttp.NewWithin(outbound.Reach(s.text("reach", string(outbound.Public))), host, c.clock,
		proof.Password, proof.Key, proof.HMAC.Secret, proof.OAuth.Secret)
	client.HideFields("access_token", "refresh_token", "client_secret")
	if trust := s.text("trust", ""); trust != "" && !client.Trust([]byte(trust)) {
		return nil, invalid("trust", "there is no certificate in PEM in the trusted certificates")
	}
	if proof.Kind == "oauth2" {
		tokens, err := s.address("tokenUrl", true)
		if err != nil {
			return nil, err
		}
		proof.OAuth.Address = tokens.String()
	}
	way, err := auth.New(proof, &auth.Tokens{OAuth: proof.OAuth, HTTP: client, State: host.State(), Clock: c.clock, Pause: c.pause}, c.clock)
	if err != nil {
		return nil, err
	}
	header, err := s.headers()
	if err != nil {
		return nil, err
	}
	return &session{
		account: account.ID, checkPath: s.text("checkPath", ""),
		api: &api.API{Base: base, Way: way, HTTP: client, Header: header, Rules: s.rules()},
	}, nil
}

// address reads an address that is a setting. Without TLS it is refused unless the
// connection allows it.
func (s settings) address(key string, needed bool) (*url.URL, error) {
	u, err := url.Parse(s.text(key, ""))
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "":
		if !needed && s.text(key, "") == "" {
			return nil, nil //nolint:nilnil // there is none
		}
		return nil, invalid(key, "an address looks like https://api.example.com/v1")
	case u.User != nil:
		return nil, invalid(key, "user and password have settings of their own")
	case u.Scheme == "http" && s.text("plain", "") != "true":
		return nil, fault.New("http.unencrypted", "calls to %s would travel unencrypted", u.Host).At(key).Classed(fault.Config).Unapplied().
			Hinted("use an https address, or allow it explicitly for a system in your own network")
	}
	return u, nil
}

func (s settings) proof(secrets map[string]string) auth.Settings {
	join := strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(s.given.Field("hmacJoin").Text())
	if s.given.Field("hmacJoin").Kind() == item.None {
		join = "\n"
	}
	key := secrets["key"]
	if s.text("auth", "") == "bearer" {
		key = secrets["token"]
	}
	return auth.Settings{
		Kind: s.text("auth", "none"), User: s.text("user", ""), Password: secrets["password"], Name: s.text("keyName", ""), Key: key,
		HMAC: auth.HMAC{
			KeyID: s.text("hmacKeyId", ""), Secret: secrets["hmacSecret"], Parts: s.list("hmacParts"), Join: join,
			Base64: s.text("hmacEncoding", "hex") == "base64", Prefix: s.given.Field("hmacPrefix").Text(),
			SignatureHeader: s.text("hmacHeader", "X-Signature"), KeyHeader: s.text("hmacKeyHeader", ""),
			TimeHeader: s.text("hmacTimeHeader", ""), NonceHeader: s.text("hmacNonceHeader", ""), Time: s.text("hmacTime", "unix"),
		},
		OAuth: auth.OAuth{ClientID: s.text("clientId", ""), Secret: secrets["clientSecret"], Scope: s.text("scope", ""), InBody: s.text("clientAuth", "header") == "body"},
	}
}

// headers reads headers that go with every call, each as "Name: value".
func (s settings) headers() (http.Header, error) {
	header := http.Header{}
	for e := range s.given.Field("headers").Elements() {
		name, value, ok := strings.Cut(e.Text(), ":")
		if !ok || !headerName(strings.TrimSpace(name)) || strings.ContainsAny(value, "\r\n") {
			return nil, invalid("headers", "a header looks like Name: value")
		}
		header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return header, nil
}

func headerName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	})
}

func (s settings) rules() api.Rules {
	return api.Rules{
		Statuses: s.text("okStatus", ""), OKPath: s.text("okPath", ""), OKValues: s.list("okValues"),
		CodePath: s.text("codePath", ""), MessagePath: s.text("messagePath", ""), FieldPath: s.text("fieldPath", ""),
		Classes: map[fault.Class][]string{
			fault.Transient: s.list("retryCodes"), fault.Rate: s.list("rateCodes"), fault.Auth: s.list("authCodes"),
			fault.Duplicate: s.list("duplicateCodes"), fault.BusinessWait: s.list("waitCodes"),
		},
	}
}

// session implements connector.Session, Writer and Prober.
type session struct {
	account, checkPath string
	api                *api.API
}

var (
	_ connector.Writer = (*session)(nil)
	_ connector.Prober = (*session)(nil)
)

// Check implements connector.Session: it gets the path that the connection names, or its address.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	answer, err := s.api.Do(ctx, api.Call{Method: http.MethodGet, Path: s.checkPath, Value: nothing})
	if err != nil {
		return connector.Health{}, err
	}
	return connector.Health{SourceTime: answer.Date, Account: s.api.Base.Host}, nil
}

func nothing(string) (item.Value, bool) { return item.Value{}, false }

// Close implements connector.Session.
func (s *session) Close(context.Context) error {
	s.api.HTTP.Close()
	return nil
}

func unknown(operation string) *fault.Fault {
	return fault.New("connector.unknown_operation", "there is no operation %q here", operation).Classed(fault.Config).Unapplied()
}
