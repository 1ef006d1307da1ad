package hook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/fault"
)

// Credential is what is shown to people, once. The form and the signature are those of
// Standard Webhooks; the token is for systems that can't sign.
type Credential struct {
	// Secret is what requests are signed with; Token is sent along. Who knows the token
	// knows nothing of the secret.
	Secret, Token string
}

const (
	secretPrefix = "whsec_"
	tokenPrefix  = "whtok_"
	bearer       = "Bearer "
	version      = "v1,"
)

// Tolerance is how far the time of a signature may be from ours.
const Tolerance = 5 * time.Minute

// newCredential makes a secret.
func newCredential() []byte {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return b
}

// credential gives a secret as people see it.
func credential(secret []byte) Credential {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("karez webhook token"))
	return Credential{
		Secret: secretPrefix + base64.StdEncoding.EncodeToString(secret),
		Token:  tokenPrefix + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)),
	}
}

func unix(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

// sign gives the signature of a request: that of its id, time and body.
func sign(secret []byte, r Request) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(r.Message + "." + r.Timestamp + "."))
	mac.Write(r.Body)
	return version + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// signed reports why a request is not one of those who know a secret.
func signed(secrets [][]byte, r Request, now time.Time) *fault.Fault {
	if r.Message == "" || r.Timestamp == "" || r.Signature == "" {
		return fault.New("webhook.unsigned", "the request is not signed").Classed(fault.Auth).
			Hinted("send the headers webhook-id, webhook-timestamp (in seconds since 1970) and webhook-signature")
	}
	at, err := strconv.ParseInt(r.Timestamp, 10, 64)
	if err != nil {
		return fault.New("webhook.unsigned", "the request is not signed").Classed(fault.Auth).
			Hinted("send the headers webhook-id, webhook-timestamp (in seconds since 1970) and webhook-signature")
	}
	fits := 0
	for _, secret := range secrets {
		want := sign(secret, r)
		for given := range strings.FieldsSeq(r.Signature) {
			fits |= subtle.ConstantTimeCompare([]byte(want), []byte(given))
		}
	}
	// The time is judged behind the signature: who can't sign learns nothing of our clock.
	switch age := now.Sub(time.Unix(at, 0)); {
	case fits == 0:
		return fault.New("webhook.signature_invalid", "the signature does not fit the request").Classed(fault.Auth).
			Hinted("sign the id, the time and the body as it is sent, with the secret of this webhook")
	case age > Tolerance || age < -Tolerance:
		return fault.New("webhook.stale", "the request was signed too long ago, or in the future").Classed(fault.Auth).
			Hinted("sign every attempt anew, and set the clock of the sender")
	default:
		return nil
	}
}

// carries reports why a request does not carry the token of a secret.
func carries(secrets [][]byte, r Request) *fault.Fault {
	given, ok := strings.CutPrefix(r.Authorization, bearer)
	fits := 0
	for _, secret := range secrets {
		fits |= subtle.ConstantTimeCompare([]byte(credential(secret).Token), []byte(given))
	}
	if !ok || fits == 0 {
		return fault.New("webhook.token_invalid", "the request does not carry the token of this webhook").Classed(fault.Auth).
			Hinted("send the header Authorization: Bearer, with the token")
	}
	return nil
}
