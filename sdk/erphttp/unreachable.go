package erphttp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/outbound"
)

// unreachable tells why no connection came about, with what to do about each cause.
func (c *Client) unreachable(err error) *fault.Fault {
	words := c.Redact(err.Error())
	if f := untrusted(err, words); f != nil {
		return f
	}
	f := fault.New("http.unreachable", "the system could not be reached: %s", words)
	switch outbound.CauseOf(err) {
	case outbound.CauseNoHost:
		return f.Advised("nobody knows a system of this name: check the spelling of the address, and the name service of this machine",
			"查不到这个域名：请检查地址的拼写，以及本机的域名解析（DNS）")
	case outbound.CauseRefused:
		return f.Advised("the machine answers, but nothing listens at this port: check the port, and that the system is running",
			"主机有应答，但这个端口没有服务：请检查端口，并确认系统正在运行")
	case outbound.CauseTimeout:
		return f.Advised("the machine does not answer: check the address and the firewall, and whether the system lets only listed addresses in",
			"主机没有应答：请检查地址和防火墙，以及对方是否只允许白名单中的 IP 访问")
	default:
		return f.Hinted("check the address and that the system is running")
	}
}

// untrusted gives the fault of a connection that could not be encrypted, or nil.
func untrusted(err error, words string) *fault.Fault {
	_, isPlain := errors.AsType[tls.RecordHeaderError](err)
	if isPlain || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") { // net/http has no type for it
		return fault.New("http.not_tls", "the system does not speak https at this address").
			Hinted("the port is that of http: take the port of https, or http:// where the connection allows it")
	}
	invalid, isInvalid := errors.AsType[x509.CertificateInvalidError](err)
	_, isOther := errors.AsType[x509.HostnameError](err)
	_, isUnknown := errors.AsType[x509.UnknownAuthorityError](err)
	f := fault.New("http.certificate", "the certificate of the system is not accepted: %s", words)
	switch {
	case isInvalid && invalid.Reason == x509.Expired:
		return f.Advised("it has expired or is not valid yet: have it renewed, and check the clock of this machine",
			"证书已过期或尚未生效：请对方更新证书，并检查本机的时间")
	case isOther:
		return f.Advised("it is made out to another name: enter the address with the name that the certificate bears",
			"证书上的域名与地址不符：请填写证书上的域名")
	case isUnknown, isInvalid:
		return f.Advised("whoever issued it is not known here, as with a certificate of one's own or a proxy that reads along: install the issuer's certificate on this machine",
			"不认识证书的签发者（例如自签证书，或中间有代理）：请把签发者的证书装到本机")
	default:
		return nil
	}
}
