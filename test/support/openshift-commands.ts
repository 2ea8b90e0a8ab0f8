/** The commands of docs/openshift.md for the cluster, with the API objects that they must create or need. */
export interface DocumentedCommand {
  readonly section: string;
  readonly command: string;
  /** `KIND/NAME`, with the project where it is not the current one. */
  readonly creates?: readonly string[];
  readonly uses?: readonly string[];
}

/** The kinds of the short names in commands. */
export const KINDS: Readonly<Record<string, string>> = {
  bc: "BuildConfig",
  deployment: "Deployment",
  service: "Service",
};

/** The sections that need the image of the section Image. */
export const RUN_THE_IMAGE: ReadonlySet<string> = new Set(["With the template", "With Helm", "With kustomize"]);

export const COMMANDS: readonly DocumentedCommand[] = [
  {
    section: "From source",
    command: "oc project monitoring",
  },
  {
    section: "From source",
    command: "oc create sa pod-watcher",
    creates: ["ServiceAccount/pod-watcher"],
  },
  {
    section: "From source",
    command: "oc import-image nodejs:24-ubi9 --from=registry.access.redhat.com/ubi9/nodejs-24 --confirm",
    creates: ["ImageStream/nodejs"],
  },
  {
    section: "From source",
    command:
      "oc new-app nodejs:24-ubi9~https://github.com/OWNER/pod-watcher --name=pod-watcher -e OPENSHIFT_NAMESPACE=shop,billing",
    creates: ["ImageStream/pod-watcher", "BuildConfig/pod-watcher", "Deployment/pod-watcher", "Service/pod-watcher"],
  },
  {
    section: "From source",
    command: "oc set serviceaccount deployment/pod-watcher pod-watcher",
    uses: ["Deployment/pod-watcher", "ServiceAccount/pod-watcher"],
  },
  {
    section: "From source",
    command:
      "oc set probe deployment/pod-watcher --startup --get-url=http://:8080/startupz --period-seconds=2 --failure-threshold=60",
    uses: ["Deployment/pod-watcher"],
  },
  {
    section: "From source",
    command:
      "oc set probe deployment/pod-watcher --liveness --get-url=http://:8080/livez --period-seconds=20 --timeout-seconds=5",
    uses: ["Deployment/pod-watcher"],
  },
  {
    section: "From source",
    command:
      "oc set probe deployment/pod-watcher --readiness --get-url=http://:8080/readyz --period-seconds=10 --timeout-seconds=5",
    uses: ["Deployment/pod-watcher"],
  },
  {
    section: "From source",
    command: 'oc patch service/pod-watcher -p \'{"spec":{"publishNotReadyAddresses":true}}\'',
    uses: ["Service/pod-watcher"],
  },
  {
    section: "From source",
    command: "oc policy add-role-to-user view system:serviceaccount:monitoring:pod-watcher -n shop",
    creates: ["RoleBinding/view in shop"],
    uses: ["ServiceAccount/pod-watcher"],
  },
  {
    section: "From source",
    command: "oc policy add-role-to-user view system:serviceaccount:monitoring:pod-watcher -n billing",
    creates: ["RoleBinding/view in billing"],
    uses: ["ServiceAccount/pod-watcher"],
  },
  {
    section: "From source",
    command: "oc create route edge pod-watcher --service=pod-watcher --port=8080 --insecure-policy=Redirect",
    creates: ["Route/pod-watcher"],
    uses: ["Service/pod-watcher"],
  },
  {
    section: "From source",
    command: "oc logs -f bc/pod-watcher",
    uses: ["BuildConfig/pod-watcher"],
  },
  {
    section: "From source",
    command: "oc rollout status deployment/pod-watcher",
    uses: ["Deployment/pod-watcher"],
  },
  {
    section: "From source",
    command: "oc get route pod-watcher -o jsonpath='https://{.spec.host}/{\"\\n\"}'",
    uses: ["Route/pod-watcher"],
  },
  {
    section: "From source",
    command:
      'oc patch deployment/pod-watcher --type=json -p \'[{"op":"replace","path":"/spec/strategy","value":{"type":"Recreate"}}]\'',
    uses: ["Deployment/pod-watcher"],
  },
  {
    section: "From source",
    command:
      "oc set volume deployment/pod-watcher --add --name=state --type=pvc --claim-name=pod-watcher --claim-size=1Gi --mount-path=/var/lib/pod-watcher",
    creates: ["PersistentVolumeClaim/pod-watcher"],
    uses: ["Deployment/pod-watcher"],
  },
  {
    section: "From source",
    command: "oc set env deployment/pod-watcher PODMONITOR_FILEPATH=/var/lib/pod-watcher",
    uses: ["Deployment/pod-watcher"],
  },
  {
    section: "Access to the page",
    command: "oc create sa poller",
    creates: ["ServiceAccount/poller"],
  },
  {
    section: "Access to the page",
    command: "oc policy add-role-to-user view system:serviceaccount:monitoring:poller -n shop",
    creates: ["RoleBinding/view in shop"],
    uses: ["ServiceAccount/poller"],
  },
  {
    section: "Access to the page",
    command: "oc create token poller --duration=8760h",
    uses: ["ServiceAccount/poller"],
  },
  {
    section: "Image",
    command: "oc new-build --name=pod-watcher --binary --strategy=docker",
    creates: ["ImageStream/pod-watcher", "BuildConfig/pod-watcher"],
  },
  {
    section: "Image",
    command:
      'oc patch bc/pod-watcher -p \'{"spec":{"strategy":{"dockerStrategy":{"dockerfilePath":"Containerfile"}}}}\'',
    uses: ["BuildConfig/pod-watcher"],
  },
  {
    section: "Image",
    command: "oc start-build pod-watcher --from-dir=. --follow",
    uses: ["BuildConfig/pod-watcher"],
  },
  {
    section: "With the template",
    command: "oc project monitoring",
  },
  {
    section: "With the template",
    command:
      "oc process -f deploy/openshift/template.yaml -p OPENSHIFT_NAMESPACE=shop,billing -p IMAGE=image-registry.openshift-image-registry.svc:5000/monitoring/pod-watcher:latest | oc apply -f -",
    creates: [
      "ServiceAccount/pod-watcher",
      "PersistentVolumeClaim/pod-watcher",
      "Deployment/pod-watcher",
      "Service/pod-watcher",
      "Route/pod-watcher",
    ],
    uses: ["ImageStream/pod-watcher"],
  },
  {
    section: "With the template",
    command: "oc policy add-role-to-user view system:serviceaccount:monitoring:pod-watcher -n shop",
    creates: ["RoleBinding/view in shop"],
    uses: ["ServiceAccount/pod-watcher"],
  },
  {
    section: "With the template",
    command: "oc policy add-role-to-user view system:serviceaccount:monitoring:pod-watcher -n billing",
    creates: ["RoleBinding/view in billing"],
    uses: ["ServiceAccount/pod-watcher"],
  },
  {
    section: "With the template",
    command: "oc get route pod-watcher -o jsonpath='https://{.spec.host}/{\"\\n\"}'",
    uses: ["Route/pod-watcher"],
  },
  {
    section: "With Helm",
    command:
      "helm install pod-watcher deploy/helm/pod-watcher -n monitoring --set 'namespaces={shop,billing}' --set image.repository=image-registry.openshift-image-registry.svc:5000/monitoring/pod-watcher,image.tag=latest --set tls.servingCert=true,openshift.route.enabled=true,openshift.oauthProxy.enabled=true",
    creates: [
      "ConfigMap/pod-watcher",
      "Deployment/pod-watcher",
      "PersistentVolumeClaim/pod-watcher",
      "Route/pod-watcher",
      "RoleBinding/monitoring-pod-watcher-view in shop",
      "RoleBinding/monitoring-pod-watcher-view in billing",
      "Secret/pod-watcher-oauth-proxy",
      "Service/pod-watcher",
      "ServiceAccount/pod-watcher",
    ],
    uses: ["ImageStream/pod-watcher"],
  },
  {
    section: "With Helm",
    command: "oc get route pod-watcher -o jsonpath='https://{.spec.host}/{\"\\n\"}'",
    uses: ["Route/pod-watcher"],
  },
  {
    section: "With kustomize",
    command: "oc new-project pod-watcher",
    creates: ["Project/pod-watcher"],
  },
  {
    section: "With kustomize",
    command: "oc apply -k deploy/kustomize/openshift",
    creates: [
      "ConfigMap/pod-watcher",
      "Deployment/pod-watcher",
      "PersistentVolumeClaim/pod-watcher",
      "RoleBinding/pod-watcher-view",
      "Route/pod-watcher",
      "Service/pod-watcher",
      "ServiceAccount/pod-watcher",
    ],
    uses: ["ImageStream/pod-watcher"],
  },
  {
    section: "With kustomize",
    command: "oc policy add-role-to-user view system:serviceaccount:pod-watcher:pod-watcher -n shop",
    creates: ["RoleBinding/view in shop"],
    uses: ["ServiceAccount/pod-watcher"],
  },
  {
    section: "With kustomize",
    command: "oc policy add-role-to-user view system:serviceaccount:pod-watcher:pod-watcher -n billing",
    creates: ["RoleBinding/view in billing"],
    uses: ["ServiceAccount/pod-watcher"],
  },
  {
    section: "With kustomize",
    command: "oc get route pod-watcher -o jsonpath='https://{.spec.host}/{\"\\n\"}'",
    uses: ["Route/pod-watcher"],
  },
  {
    section: "From a workstation",
    command: "oc login …",
  },
];
