package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxRequest bounds the body of a request.
const maxRequest = 4 << 20

// skew is how far the time of a signature may be off.
const skew = 5 * time.Minute

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		return nil, refuse(http.StatusRequestEntityTooLarge, "too_large", "a request has at most %d bytes", maxRequest)
	}
	if len(body) > 0 && r.URL.Path != "/v1/token" && !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return nil, refuse(http.StatusUnsupportedMediaType, "media_type", "a body is application/json")
	}
	return body, nil
}

// token gives a token to a client (RFC 6749, 4.4).
func (v *Vendor) token(r *http.Request, body []byte) (int, any, *refusal) {
	form, err := url.ParseQuery(string(body))
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	bad := func(status int, code, words string) (int, any, *refusal) {
		v.refusals[strconv.Itoa(status)]++
		return status, map[string]string{"error": code, "error_description": words}, nil
	}
	switch {
	case r.Method != http.MethodPost || err != nil:
		return bad(http.StatusBadRequest, "invalid_request", "a token is asked for by a form")
	case form.Get("grant_type") != "client_credentials":
		return bad(http.StatusBadRequest, "unsupported_grant_type", "client credentials only")
	case id != ClientID || secret != ClientSecret:
		return bad(http.StatusBadRequest, "invalid_client", "the client is not known")
	}
	v.issued++
	given := fmt.Sprintf("sandbox-access-%04d", v.issued)
	v.tokens[given] = v.clock().Add(time.Duration(v.set.TokenSeconds) * time.Second)
	return http.StatusOK, map[string]any{"access_token": given, "token_type": "Bearer", "expires_in": v.set.TokenSeconds}, nil
}

// admit lets a caller in, and not too often. The caller holds mu.
func (v *Vendor) admit(r *http.Request, body []byte) *refusal {
	if !v.knows(r, body) {
		return refuse(http.StatusUnauthorized, "unauthorized", "who is calling?")
	}
	now := v.clock()
	if minute := now.Unix() / 60; minute != v.minute {
		v.minute, v.calls = minute, 0
	}
	if v.calls++; v.set.PerMinute > 0 && v.calls > v.set.PerMinute {
		no := refuse(http.StatusTooManyRequests, "too_many", "at most %d calls a minute", v.set.PerMinute)
		no.wait = int(60 - now.Unix()%60)
		return no
	}
	return nil
}

func (v *Vendor) knows(r *http.Request, body []byte) bool {
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch v.set.Auth {
	case "basic":
		user, password, ok := r.BasicAuth()
		return ok && user == User && password == Password
	case "bearer":
		return bearer == Token
	case "header":
		return r.Header.Get("X-Api-Key") == Key
	case "query":
		return r.URL.Query().Get("api_key") == Key
	case "oauth2":
		until, ok := v.tokens[bearer]
		return ok && v.clock().Before(until)
	case "hmac":
		return v.signed(r, body)
	default:
		return true
	}
}

// signed verifies a signature over method, path, query, time, nonce and body, which is good
// once.
func (v *Vendor) signed(r *http.Request, body []byte) bool {
	moment, nonce := r.Header.Get("X-Timestamp"), r.Header.Get("X-Nonce")
	seconds, err := strconv.ParseInt(moment, 10, 64)
	if err != nil || v.clock().Sub(time.Unix(seconds, 0)).Abs() > skew || nonce == "" || v.nonces[nonce] || r.Header.Get("X-Key-Id") != "k1" {
		return false
	}
	sum := sha256.Sum256(body)
	mac := hmac.New(sha256.New, []byte(Secret))
	_, _ = fmt.Fprintf(mac, "%s\n%s\n%s\n%s\n%s\n%s", r.Method, r.URL.EscapedPath(), r.URL.RawQuery, moment, nonce, hex.EncodeToString(sum[:]))
	given, err := hex.DecodeString(r.Header.Get("X-Signature"))
	if err != nil || !hmac.Equal(given, mac.Sum(nil)) {
		return false
	}
	v.nonces[nonce] = true
	return true
}
