package connection

import "github.com/karezflow/karez/sdk/fault"

// advised gives a fault of a check with something to do: its own hint where it brings one,
// as manifests and connectors do for most, else what helps with faults of its class.
func advised(f *fault.Fault) *fault.Fault {
	if f == nil || f.Hint != "" {
		return f
	}
	switch f.Class {
	case fault.Auth:
		return f.Advised("the system does not accept the account: check the secrets of the connection, whether they have expired, and whether the account may use the interface from this address",
			"系统不接受这个账号：请检查连接器中的密钥、密钥是否过期，以及账号是否有接口权限、本机 IP 是否在白名单中")
	case fault.Rate:
		return f.Advised("too many calls: wait a moment and test again", "调用过于频繁：请稍等再测试")
	case fault.Transient, fault.BusinessWait:
		return f.Advised("the system is busy or out of reach: test again in a moment; if it goes on, check the address and the network", "系统繁忙或暂时无法访问：请稍后再测试；持续出现时请检查地址和网络")
	case fault.Internal:
		return f.Advised("the connector failed: see its log on the page of plugins, and test again", "连接器出错：请在插件页查看日志，然后再测试")
	case fault.Config, fault.Data, fault.Duplicate:
		return f.Advised("check the settings of the connection by what the system says", "请按系统的提示检查连接器的设置")
	default:
		return f.Advised("check the address and the secrets of the connection, and test again", "请检查连接器的地址和密钥，然后再测试")
	}
}
