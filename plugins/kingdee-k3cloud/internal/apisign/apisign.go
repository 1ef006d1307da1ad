// Package apisign signs single calls of the vendor's WebAPI (API 签名, third-party log-in
// authorisation), which then need no session. It calls nobody and knows no clock.
//
// The rule is that of the vendor's Java kit 8.2.0, whose calls were observed. It may import
// the standard library and sdk/fault only.
package apisign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/fault"
)

// veil is laid over the gateway's key in the application's id. It is the same for everybody and
// no secret.
const veil = "0054f397c6234378b09ca7d3"

// App is an application that an account set lets in, and on whose behalf it calls.
type App struct {
	// ID is the application's whole id; Secret its secret.
	ID, Secret string
	// Acct and User name the account set and the user who authorised the application.
	Acct, User string
	LCID       int
	// Org is the number of the organisation to work in; "" is the user's own.
	Org string
}

// Headers gives the headers that sign one call to a path. The X-Kd-* ones are what the server
// itself looks at; the X-Api-* ones are for the public gateway and left empty where the
// application's id holds no key for it. It fails with "k3cloud.settings_invalid".
func (a App) Headers(path string, at time.Time) (http.Header, error) {
	stamp := strconv.FormatInt(at.UnixMilli(), 10)
	client, packed, forGateway := strings.Cut(a.ID, "_")
	signature := ""
	if forGateway {
		key, err := clientSecret(packed)
		if err != nil {
			return nil, err
		}
		signature = sign(key, "POST\n"+strings.ReplaceAll(path, "/", "%2F")+"\n\nx-api-nonce:"+stamp+"\nx-api-timestamp:"+stamp+"\n")
	} else {
		client = ""
	}
	data := strings.Join([]string{a.Acct, a.User, strconv.Itoa(a.LCID), a.Org}, ",")
	h := http.Header{}
	for name, value := range map[string]string{
		"X-Api-ClientID": client, "X-Api-Auth-Version": "2.0", "X-Api-Timestamp": stamp, "X-Api-Nonce": stamp,
		"X-Api-SignHeaders": "X-Api-TimeStamp,X-Api-Nonce", "X-Api-Signature": signature,
		"X-Kd-Appkey": a.ID, "X-Kd-Appdata": base64.StdEncoding.EncodeToString([]byte(data)), "X-Kd-Signature": sign(a.Secret, a.ID+data),
	} {
		h.Set(name, value)
	}
	return h, nil
}

// clientSecret takes the gateway's key out of the second part of the application's id.
func clientSecret(packed string) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(packed)
	if err != nil || len(raw) > len(veil) {
		return "", fault.New("k3cloud.settings_invalid", "the id of the application is not complete: behind the _ stand 32 letters and digits").
			At("appId").Classed(fault.Config)
	}
	for i := range raw {
		raw[i] ^= veil[i]
	}
	return base64.StdEncoding.EncodeToString(raw), nil
}

// sign is HMAC-SHA256, in base64 over its hexadecimal digits.
func sign(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(mac.Sum(nil))))
}
