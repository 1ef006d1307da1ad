package hook

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/fault"
)

func counting() []byte {
	secret := make([]byte, 32)
	for i := range secret {
		secret[i] = byte(i)
	}
	return secret
}

// The values were computed by another implementation of HMAC.
func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	// The example that the libraries of Standard Webhooks are tested with.
	standard, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	example := Request{Message: "msg_p5jXN8AQM9LWM0D4loKWxJek", Timestamp: "1614265330", Body: []byte(`{"test": 2432232314}`)}
	if got := sign(standard, example); got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("%s", got)
	}
	for name, tt := range map[string]struct {
		request Request
		want    string
	}{
		"nothing":      {Request{Message: "m", Timestamp: "1700000000"}, "v1,miYWLdQ4XzYIcrRyC0cReOoX6TMHzK/XAASurAGW1iY="},
		"Chinese text": {Request{Message: "订单.1", Timestamp: "1700000000", Body: []byte(`{"名":"王小二"}`)}, "v1,/Qfgw7mto5XQPUJrxqVi0g2lECOO7xqQ2L+qswPffWU="},
	} {
		if got := sign(counting(), tt.request); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
	shown := credential(counting())
	if shown.Secret != "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" || shown.Token != "whtok_1IzSQk7oTg1iN9YyQRxrrYQbZiJSo-kpVNdgoyPYd2Y" {
		t.Errorf("%+v", shown)
	}
}

func TestSigned(t *testing.T) {
	t.Parallel()
	now := time.Unix(1700000000, 0)
	good := Request{Message: "m", Timestamp: "1700000000", Signature: "v1,miYWLdQ4XzYIcrRyC0cReOoX6TMHzK/XAASurAGW1iY="}
	with := func(change func(*Request)) Request {
		r := good
		change(&r)
		return r
	}
	for name, tt := range map[string]struct {
		request Request
		now     time.Time
		want    string
	}{
		"good":                     {good, now, ""},
		"five minutes old":         {good, now.Add(Tolerance), ""},
		"five minutes ahead":       {good, now.Add(-Tolerance), ""},
		"older":                    {good, now.Add(Tolerance + time.Second), "webhook.stale"},
		"further ahead":            {good, now.Add(-Tolerance - time.Second), "webhook.stale"},
		"one of several":           {with(func(r *Request) { r.Signature = "v1,AAAA v2,x " + r.Signature }), now, ""},
		"another version":          {with(func(r *Request) { r.Signature = "v1a" + r.Signature[2:] }), now, "webhook.signature_invalid"},
		"another id":               {with(func(r *Request) { r.Message = "n" }), now, "webhook.signature_invalid"},
		"another time":             {with(func(r *Request) { r.Timestamp = "1700000001" }), now, "webhook.signature_invalid"},
		"another body":             {with(func(r *Request) { r.Body = []byte(" ") }), now, "webhook.signature_invalid"},
		"the id takes of the time": {with(func(r *Request) { r.Message, r.Timestamp = "m.1700000000", "" }), now, "webhook.unsigned"},
		"no time":                  {with(func(r *Request) { r.Timestamp = "soon" }), now, "webhook.unsigned"},
		"no signature":             {with(func(r *Request) { r.Signature = "" }), now, "webhook.unsigned"},
		"blanks for a signature":   {with(func(r *Request) { r.Signature = "  " }), now, "webhook.signature_invalid"},
	} {
		for _, secrets := range [][][]byte{{counting()}, {[]byte("another"), counting()}} {
			var got string
			if f := signed(secrets, tt.request, tt.now); f != nil {
				got = f.Code
				if f.Class != fault.Auth {
					t.Errorf("%s: of the class %v", name, f.Class)
				}
			}
			if got != tt.want {
				t.Errorf("%s: %q, want %q", name, got, tt.want)
			}
		}
	}
	if f := signed(nil, good, now); f == nil || f.Code != "webhook.signature_invalid" {
		t.Errorf("without a secret: %v", f)
	}
}

func TestCarries(t *testing.T) {
	t.Parallel()
	token := credential(counting()).Token
	for header, want := range map[string]bool{
		"Bearer " + token: true, "bearer " + token: false, token: false, "Bearer ": false, "": false, "Bearer " + token + " ": false, "Basic " + token: false,
	} {
		if got := carries([][]byte{[]byte("another"), counting()}, Request{Authorization: header}) == nil; got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
	if carries(nil, Request{Authorization: "Bearer "}) == nil {
		t.Error("nobody's token is let in")
	}
}
