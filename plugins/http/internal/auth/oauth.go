package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// OAuth is the client credentials grant (RFC 6749, 4.4).
type OAuth struct {
	Address, ClientID, Secret, Scope string
	// InBody sends the client's credentials in the body, and not in a header.
	InBody bool
}

const (
	// lease is how long one refresher keeps the others out; a refresh ends within refreshTime.
	lease       = 30 * time.Second
	refreshTime = 20 * time.Second
	// usual is how long a token holds whose answer says nothing.
	usual = 10 * time.Minute
)

// grant is a token as it is kept. Until is in Unix seconds of our own clock, made from the
// answer's expires_in, so that the other clock does not matter.
type grant struct {
	Access string `json:"access_token"`
	Until  int64  `json:"until"`
	// From says which client the token was given to, so that changed settings ask anew.
	From string `json:"from"`
}

// Tokens gives tokens, which all processes that use a connection share: one asks for the
// next one while the others wait.
type Tokens struct {
	OAuth

	HTTP  *erphttp.Client
	State connector.State
	Clock func() time.Time
	// Pause waits between two looks at a token that somebody else is asking for.
	Pause func(ctx context.Context) error
}

func (t *Tokens) check() error {
	if t.Address == "" || t.ClientID == "" {
		return invalid("tokenUrl", "the address where tokens are given and the client's id are needed")
	}
	return nil
}

// apply puts a token into a request.
func (t *Tokens) apply(ctx context.Context, r *Request, refused string) (string, error) {
	token, err := t.token(ctx, refused)
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return token, nil
}

func (t *Tokens) from() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{t.Address, t.ClientID, t.Secret, t.Scope}, "\x00")))
	return hex.EncodeToString(sum[:8])
}

func (t *Tokens) token(ctx context.Context, refused string) (string, error) {
	good := func(value []byte) bool {
		g := read(value)
		return g.From == t.from() && g.Access != "" && g.Access != refused && t.Clock().Unix() < g.Until
	}
	value, err := connector.Shared(ctx, t.State, lease, good, func(ctx context.Context, _ []byte) ([]byte, error) { return t.ask(ctx) }, t.Pause)
	if errors.Is(err, connector.ErrStateConflict) {
		return "", fault.New("http.token_contended", "others keep changing the connection's token").Classed(fault.Transient).Unapplied()
	}
	if err != nil {
		if _, ok := errors.AsType[*fault.Fault](err); !ok {
			err = fault.Wrap(err, "http.token_unavailable", "the connection's token could not be read or kept").Classed(fault.Transient).Unapplied()
		}
		return "", fault.From(err).Unapplied() // the call itself was not made
	}
	token := read(value).Access
	t.HTTP.Hide(token)
	return token, nil
}

func read(value []byte) grant {
	var g grant
	if json.Unmarshal(value, &g) != nil {
		return grant{}
	}
	return g
}

// ask asks for a token. A refusal is of class Auth.
func (t *Tokens) ask(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, refreshTime)
	defer cancel()
	form, header := url.Values{"grant_type": {"client_credentials"}}, http.Header{"Accept": {"application/json"}}
	if t.Scope != "" {
		form.Set("scope", t.Scope)
	}
	if t.InBody {
		form.Set("client_id", t.ClientID)
		form.Set("client_secret", t.Secret)
	} else {
		basic := &http.Request{Header: header}
		basic.SetBasicAuth(url.QueryEscape(t.ClientID), url.QueryEscape(t.Secret))
	}
	reply, err := t.HTTP.Post(ctx, t.Address, "application/x-www-form-urlencoded", header, []byte(form.Encode()))
	if err != nil {
		return nil, t.refusal(reply, err)
	}
	body, err := reply.JSON()
	if err != nil {
		return nil, err
	}
	answer := item.Of(body)
	g := grant{Access: answer.Field("access_token").Text(), From: t.from()}
	if g.Access == "" {
		return nil, fault.New("http.token_missing", "the answer to the request for a token brings none").Classed(fault.Auth).Unapplied().
			Hinted("check the address for tokens, and client id and secret; the answer has to hold access_token")
	}
	t.HTTP.Hide(g.Access)
	life := usual
	if seconds, err := strconv.ParseInt(answer.Field("expires_in").Text(), 10, 64); err == nil && seconds > 0 {
		life = time.Duration(seconds) * time.Second
	}
	g.Until = t.Clock().Add(life - min(life/10, time.Minute)).Unix()
	return json.Marshal(g) //nolint:gosec // the host keeps it sealed
}

// refusal makes a 400 of the token's address, which RFC 6749 has for a wrong client too, one
// of the credentials.
func (t *Tokens) refusal(reply *erphttp.Reply, err error) error {
	if reply == nil || reply.Status != http.StatusBadRequest {
		return err
	}
	body, jsonErr := reply.JSON()
	if jsonErr != nil {
		return err
	}
	code := item.Of(body).Field("error").Text()
	words := item.Of(body).Field("error_description").Text()
	if words == "" {
		words = "no token was given"
	}
	return fault.New("vendor."+code, "%s", t.HTTP.Redact(words)).Classed(fault.Auth).Unapplied().
		Hinted("check the client's id, its secret and the scope")
}
