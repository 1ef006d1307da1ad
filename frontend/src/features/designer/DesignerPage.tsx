import { useParams } from 'react-router';

export default function DesignerPage() {
  const { flowId } = useParams();
  return <h1>{flowId}</h1>;
}
