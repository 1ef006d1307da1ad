package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// gatewayWindow is how old a signature may be for the gateway.
const gatewayWindow = 5 * time.Minute

// statusGateway is the HTTP status of a refusal by the gateway.
const statusGateway = 519

// signedWell tells whether a call that bears an API signature may pass, and else answers it.
// The server itself looks at the X-Kd-* headers, the public gateway before it at the X-Api-*
// ones. The caller holds mu.
func (s *Sandbox) signedWell(w http.ResponseWriter, r *http.Request, method string) bool {
	if s.set.GatewaySign {
		if code, message := s.gateway(r); code != 0 {
			s.counts["loginsRefused"]++
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(statusGateway)
			_, _ = w.Write(encode(map[string]any{"errcode": code, "description": message, "description_cn": message})) // a client that has gone cannot be told
			return false
		}
	}
	plain, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Kd-Appdata"))
	parts := strings.Split(string(plain), ",")
	good := err == nil && len(parts) == 4 && parts[0] == acctID && parts[1] == username && r.Header.Get("X-Kd-Appkey") == appID
	if !good || r.Header.Get("X-Kd-Signature") != mac(appSecret, appID+string(plain)) {
		s.counts["loginsRefused"]++
		send(w, s.lost(method))
		return false
	}
	s.counts["signedCalls"]++
	return true
}

// gateway gives why the gateway refuses a call, 0 where it does not.
func (s *Sandbox) gateway(r *http.Request) (code int, message string) {
	client, packed, _ := strings.Cut(appID, "_")
	at, err := strconv.ParseInt(r.Header.Get("X-Api-Timestamp"), 10, 64)
	if at < 1e11 { // in seconds
		at *= 1000
	}
	listed := strings.Split(strings.ToLower(r.Header.Get("X-Api-Signheaders")), ",")
	text := "POST\n" + strings.ReplaceAll(r.URL.Path, "/", "%2F") + "\n\nx-api-nonce:" + r.Header.Get("X-Api-Nonce") +
		"\nx-api-timestamp:" + r.Header.Get("X-Api-Timestamp") + "\n"
	switch {
	case r.Header.Get("X-Api-Clientid") == "":
		return 4002, "client id is empty"
	case r.Header.Get("X-Api-Clientid") != client:
		return 4003, "client id is invalid"
	case err != nil || s.clock().Sub(time.UnixMilli(at)).Abs() > gatewayWindow:
		return 4006, "timestamp is invalid"
	case !slices.Contains(listed, "x-api-timestamp") || !slices.Contains(listed, "x-api-nonce"):
		return 4007, "signheaders is invalid"
	case r.Header.Get("X-Api-Signature") != mac(clientSecret(packed), text):
		return 4008, "签名无效"
	}
	return 0, ""
}

// clientSecret is the key of the gateway's part, which the application's id holds veiled.
func clientSecret(packed string) string {
	const veil = "0054f397c6234378b09ca7d3"
	raw, _ := base64.StdEncoding.DecodeString(packed) // the sandbox's own id
	for i := range raw {
		raw[i] ^= veil[i%len(veil)]
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// mac is a signature as these services write it: base64 over the hexadecimal digits.
func mac(key, text string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(text))
	return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(h.Sum(nil))))
}
