/** The request of the return order as consultants keep it: field, its name, type, value. */
export const RETURNS = `字段 | 字段名称 | 类型 | 配置值 |
FBillTypeID | 单据类型 | string | XSTHD01_SYS |
FBillNo | 单据编号 | string | {{o_id}} |
FSaleOrgId | 销售组织 | string | 100 |
FDate | 日期 | string | {{confirm_date}} |
FStockOrgId | 库存组织 | string | 100 |
FRetcustId | 退货客户 | string | {{shop_id}} |
FSettleCurrId | 结算币别 | string | PRE001 |
FHeadNote | 备注 | string | {{remark}} |
FEntity | 明细信息 | array | items |
FEntity.FMaterialId | 物料编码 | string | {{items.sku_id}} |
FEntity.FRealQty | 实退数量 | string | {{items.r_qty}} |
FEntity.FPrice | 单价 | string | {{items.price}} |
FEntity.FTaxPrice | 含税单价 | string | {{items.price}} |
FEntity.FIsFree | 是否赠品 | string | |
FEntity.FEntryTaxRate | 税率% | string | |
FEntity.FReturnType | 退货类型 | string | |
FEntity.FOwnerTypeId | 货主类型 | string | BD_OwnerOrg |
FEntity.FOwnerId | 货主 | string | 100 |
FEntity.FStockId | 仓库 | string | 1 |
FEntity.FNote | 备注 | string | |
FEntity.SubHeadEntity | 财务信息 | object | |
FEntity.SubHeadEntity.FSettleOrgId | 结算组织 | string | 100 |
FEntity.SubHeadEntity.FormId | 业务对象表单Id | string | SAL_RETURNSTOCK |
FEntity.SubHeadEntity.Operation | 执行的操作 | string | Save |
FEntity.SubHeadEntity.IsAutoSubmitAndAudit | 提交并审核 | bool | false |
FEntity.SubHeadEntity.IsVerifyBaseDataField | 验证基础资料 | bool | false |
FEntity.SubHeadEntity.SubSystemId | 系统模块 | string | 21 |`;

/** A flow that only reads the bills of the target. */
export const billsFlow = () => ({
  apiVersion: 'karez/v1', kind: 'Flow', metadata: { id: crypto.randomUUID(), name: 'bills', title: '星空退货单查询' },
  spec: {
    nodes: [
      { id: 'bills', type: 'source', connection: 'k3', settings: { operation: 'executeBillQuery', key: '{{FID}}', number: '{{FBillNo}}', startFrom: '2020-01-01 00:00:00', params: [{ field: 'FilterString', value: "FModifyDate>='{{LAST_SYNC_TIME|datetime}}' and FModifyDate<='{{WINDOW_END|datetime}}'" }, { field: 'FormId', value: 'SAL_RETURNSTOCK' }, { field: 'FID', value: 'FID' }, { field: 'FBillNo', value: 'FBillNo' }] } },
      { id: 'keep', type: 'discard', settings: {} },
    ],
    edges: [{ from: 'bills', to: 'keep' }],
  },
});
