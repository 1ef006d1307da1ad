import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '~/shared/api/client';
import { keys } from '~/shared/api/keys';

const at = (flow: string, node: string) => ({ path: { id: flow, node } });

/** The address of a webhook node, its secrets and its newest requests. */
export function useWebhook(flow: string, node: string) {
  return useQuery({ queryKey: keys.webhook(flow, node), queryFn: ({ signal }) => take(api.GET('/flows/{id}/webhooks/{node}', { params: at(flow, node), signal })) });
}

/** Makes a new secret, and the address at first use. */
export function useRotate(flow: string, node: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (keepSeconds: number) => take(api.POST('/flows/{id}/webhooks/{node}/secrets', { params: at(flow, node), body: { keepSeconds } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.webhook(flow, node) }),
  });
}

/** Posts a body as those who know the secret do. */
export function usePost(flow: string, node: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: string) => take(api.POST('/flows/{id}/webhooks/{node}/test', { params: at(flow, node), body: { body, contentType: 'application/json' } })),
    onSettled: () => client.invalidateQueries({ queryKey: keys.webhook(flow, node) }),
  });
}

/** A command that posts to the address: signed, or with the token. */
export function curlOf(url: string, signs: boolean): string {
  if (!signs) return `curl -X POST '${url}' \\\n  -H 'Content-Type: application/json' \\\n  -H "Authorization: Bearer $TOKEN" \\\n  -H "Idempotency-Key: $(uuidgen)" \\\n  -d '{"order_no":"1001"}'`;
  return [
    `BODY='{"order_no":"1001"}'; ID=msg_$(uuidgen); TIME=$(date +%s)`,
    `KEY=$(printf %s "\${SECRET#whsec_}" | base64 -d | od -An -tx1 | tr -d ' \\n')`,
    `SIGN=$(printf %s "$ID.$TIME.$BODY" | openssl dgst -sha256 -mac HMAC -macopt hexkey:$KEY -binary | base64)`,
    `curl -X POST '${url}' \\\n  -H 'Content-Type: application/json' \\\n  -H "webhook-id: $ID" -H "webhook-timestamp: $TIME" \\\n  -H "webhook-signature: v1,$SIGN" -d "$BODY"`,
  ].join('\n');
}
