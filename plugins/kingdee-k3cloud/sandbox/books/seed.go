package books

import (
	"fmt"
	"time"
)

// seed fills the initial data: it is the same for the same moment.
func (s *Books) seed(now time.Time) {
	old := now.Add(-30 * 24 * time.Hour)
	put := func(form, number string, members ...string) { s.put(s.tables[form], old, number, members...) }

	put("ORG_ORGANIZATIONS", "100", "FName", "沙箱总公司", "FOrgFormID", "101")
	put("ORG_ORGANIZATIONS", "101", "FName", "沙箱分公司", "FOrgFormID", "101")
	// Kingdee's own kits test a connection by reading this currency's code.
	put("BD_CURRENCY", "PRE001", "FName", "人民币", "FCODE", "CNY")
	put("BD_CURRENCY", "PRE007", "FName", "美元", "FCODE", "USD")
	put("BOS_BILLTYPE", "XSTHD01_SYS", "FName", "标准销售退货单", "FBillFormID", "SAL_RETURNSTOCK")
	put("BOS_BILLTYPE", "XSCKD01_SYS", "FName", "标准销售出库单", "FBillFormID", "SAL_OUTSTOCK")
	put("BOS_ASSISTANTDATA_SELECT", "THLX01_SYS", "FName", "退货", "FAssistantType", "退货类型")
	put("BOS_ASSISTANTDATA_SELECT", "THLX02_SYS", "FName", "退货补货", "FAssistantType", "退货类型")
	put("BD_STOCK", "1", "FName", "退货仓")
	put("BD_STOCK", "2", "FName", "成品仓")
	for i := 1; i <= 5; i++ {
		put("BD_CUSTOMER", fmt.Sprintf("1000%d", i), "FName", fmt.Sprintf("网店%d", i))
	}
	for i := 1; i <= 400; i++ {
		put("BD_MATERIAL", fmt.Sprintf("SKU-%04d", i), "FName", fmt.Sprintf("商品%d", i),
			"FSpecification", fmt.Sprintf("规格%d", i%7), "FBarCode", fmt.Sprintf("69000000%05d", i))
	}
	for i := 1; i <= 60; i++ {
		s.deliver(now.Add(time.Duration(i-60)*10*time.Minute), i)
	}
	put("CN_BANKACNT", "6222000000000001", "FName", "沙箱总公司基本户")
	put("CN_BANKACNT", "6222000000000002", "FName", "沙箱总公司一般户")
}

// put adds audited base data; members are names and texts in turn.
func (s *Books) put(t *table, at time.Time, number string, members ...string) {
	w := &writer{}
	w.open('{')
	for i := 0; i+1 < len(members); i += 2 {
		w.text(members[i], members[i+1])
	}
	for _, f := range t.def.Fields {
		if f.Base == "ORG_Organizations" {
			w.member(f.Key, []byte(`{"FNumber":"100"}`))
		}
	}
	t.add(&bill{
		number: number, status: audited, created: at, modified: at, approved: at, visible: at, head: w.close('}'),
	})
}

// deliver adds one audited sales delivery with one to three lines.
func (s *Books) deliver(at time.Time, n int) {
	t := s.tables["SAL_OUTSTOCK"]
	b := &bill{
		number: t.automatic(), status: audited, created: at, modified: at, approved: at, visible: at,
		head: fmt.Appendf(nil, `{"FBillTypeID":{"FNUMBER":"XSCKD01_SYS"},"FDate":%q,"FSaleOrgId":{"FNumber":"100"},"FStockOrgId":{"FNumber":"100"},`+
			`"FCustomerID":{"FNumber":"1000%d"},"FCarriageNO":"SBX%08d","FReceiverName":"收货人%d","FReceiverMobile":"1000000%04d",`+
			`"FReceiverAddress":"示例路%d号","FNote":"","SubHeadEntity":{"FSettleOrgID":{"FNumber":"100"}}}`,
			at.In(zone()).Format("2006-01-02"), n%5+1, n, n, n, n),
	}
	for k := range n%3 + 1 {
		b.lines = append(b.lines, entry{t.nextLine(), fmt.Appendf(nil,
			`{"FMaterialID":{"FNumber":"SKU-%04d"},"FMustQty":%d,"FRealQty":%d,"FPrice":%d.%02d,"FTaxPrice":%d.%02d,"FIsFree":false,`+
				`"FEntryTaxRate":13,"FStockID":{"FNumber":"2"},"FSrcBillNo":"XSDD%06d"}`,
			(n*3+k)%400+1, k+1, k+1, n, k*7, n+1, k*9, n)})
	}
	t.add(b)
}
