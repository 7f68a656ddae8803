{{/* What the pods of nodes and of the provisioner have in common. */}}

{{/* list ROOT IMAGE: without a tag, that of the chart's version */}}
{{- define "ceph-csi.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
image: {{ printf "%s:%s" $image.repository ($image.tag | default $root.Chart.AppVersion) | quote }}
imagePullPolicy: {{ $image.pullPolicy }}
{{- end -}}

{{- define "ceph-csi.fieldEnv" -}}
- name: {{ index . 0 }}
  valueFrom:
    fieldRef:
      fieldPath: {{ index . 1 }}
{{- end -}}

{{/* The environment of the driver: list ROOT SOCKET-FILE */}}
{{- define "ceph-csi.driverEnv" -}}
{{- $root := index . 0 -}}
{{ include "ceph-csi.fieldEnv" (list "POD_IP" "status.podIP") }}
{{ include "ceph-csi.fieldEnv" (list "NODE_ID" "spec.nodeName") }}
{{ include "ceph-csi.fieldEnv" (list "POD_NAMESPACE" "metadata.namespace") }}
- name: DRIVER_NAME
  value: {{ $root.Values.driverName }}
- name: CSI_ENDPOINT
  value: unix:///csi/{{ index . 1 }}
- name: CSI_ADDONS_ENDPOINT
  value: unix:///csi/csi-addons.sock
{{- end -}}

{{/* The flags that the driver is always given, on nodes and as provisioner: list ROOT COMPONENT METRICS-PORT */}}
{{- define "ceph-csi.driverArgs" -}}
{{- $root := index . 0 -}}
{{- with $root.Values }}
- --nodeid=$(NODE_ID)
- --type={{ include "ceph-csi.driver" $root }}
- --pidlimit=-1
- --endpoint=$(CSI_ENDPOINT)
- --csi-addons-endpoint=$(CSI_ADDONS_ENDPOINT)
- --v={{ .logLevel }}
- --drivername=$(DRIVER_NAME)
{{- with .instanceID }}
- --instanceid={{ . }}
{{- end }}
{{- with .radosNamespaceCephFS }}
- --radosnamespacecephfs={{ . }}
{{- end }}
{{- if ((index $ 1).profiling).enabled }}
- --enableprofiling=true
{{- end }}
- --logslowopinterval={{ .logSlowOperationInterval }}
{{- if .driverMetrics.enabled }}
- --driver-metrics-port={{ index $ 2 }}
- --metricspath=/metrics
{{- include "ceph-csi.tlsArgs" $root }}
{{- end }}
{{- if ((.fencing).enabled) }}
- --fencing=true
{{- end }}
{{- end }}
{{- end -}}

{{- define "ceph-csi.tlsArgs" -}}
{{- if .Values.driverMetrics.tlsSecret }}
- --metrics-tls-cert=/etc/ceph-csi-tls/tls.crt
- --metrics-tls-key=/etc/ceph-csi-tls/tls.key
{{- end }}
{{- end -}}

{{- define "ceph-csi.tlsMount" -}}
{{- if .Values.driverMetrics.tlsSecret }}
- name: metrics-tls
  mountPath: /etc/ceph-csi-tls
  readOnly: true
{{- end }}
{{- end -}}

{{/* The configuration files of the driver. */}}
{{- define "ceph-csi.configMounts" -}}
- name: ceph-config
  mountPath: /etc/ceph/
- name: ceph-csi-config
  mountPath: /etc/ceph-csi-config/
- name: ceph-csi-encryption-kms-config
  mountPath: /etc/ceph-csi-encryption-kms-config/
- name: keys-tmp-dir
  mountPath: /tmp/csi/keys
- name: oidc-token
  mountPath: /run/secrets/tokens
  readOnly: true
{{- include "ceph-csi.tlsMount" . }}
{{- end -}}

{{- define "ceph-csi.configVolumes" -}}
- name: ceph-config
  configMap:
    name: {{ .Values.cephConfConfigMapName }}
- name: ceph-csi-config
  configMap:
    name: {{ .Values.configMapName }}
    {{- with .Values.configMapKey }}
    items:
      - key: {{ . }}
        path: config.json
    {{- end }}
- name: ceph-csi-encryption-kms-config
  configMap:
    name: {{ .Values.kmsConfigMapName }}
- name: keys-tmp-dir
  emptyDir:
    medium: Memory
- name: oidc-token
  projected:
    sources:
      - serviceAccountToken:
          path: oidc-token
          expirationSeconds: 3600
          audience: ceph-csi-kms
{{- with .Values.driverMetrics.tlsSecret }}
- name: metrics-tls
  secret:
    secretName: {{ . }}
{{- end }}
{{- end -}}

{{- define "ceph-csi.driverPort" -}}
{{- if (index . 0).Values.driverMetrics.enabled }}
ports:
  - name: driver-metrics
    containerPort: {{ index . 1 }}
{{- end }}
{{- end -}}

{{/* Asks the driver by way of the liveness container, which is in the same pod: list ROOT VALUES-OF-THE-COMPONENT */}}
{{- define "ceph-csi.driverProbes" -}}
{{- $probes := (index . 0).Values.probes }}
{{- $component := index . 1 }}
{{- if and $probes.enabled $component.httpMetrics.enabled }}
livenessProbe:
  httpGet:
    path: /healthz
    port: {{ $component.httpMetrics.containerPort }}
    {{- if (index . 0).Values.driverMetrics.tlsSecret }}
    scheme: HTTPS
    {{- end }}
  initialDelaySeconds: 10
  periodSeconds: {{ $probes.periodSeconds }}
  timeoutSeconds: {{ $probes.timeoutSeconds }}
  failureThreshold: {{ $probes.failureThreshold }}
{{- end }}
{{- end -}}

{{/* Passes on, as metric and to kubelet, whether the driver answers: list ROOT VALUES-OF-THE-COMPONENT SOCKET-FILE SECURITY */}}
{{- define "ceph-csi.livenessContainer" -}}
{{- $root := index . 0 }}
{{- $component := index . 1 }}
{{- if $component.httpMetrics.enabled }}
- name: liveness-prometheus
  {{- include "ceph-csi.image" (list $root $root.Values.nodeplugin.plugin.image) | nindent 2 }}
  securityContext:
    {{- index . 3 | nindent 4 }}
  args:
    - --type=liveness
    - --endpoint=$(CSI_ENDPOINT)
    - --metricsport={{ $component.httpMetrics.containerPort }}
    - --metricspath=/metrics
    - --polltime=60s
    - --timeout=3s
    {{- include "ceph-csi.tlsArgs" $root | nindent 4 }}
  env:
    - name: CSI_ENDPOINT
      value: unix:///csi/{{ index . 2 }}
    {{- include "ceph-csi.fieldEnv" (list "POD_IP" "status.podIP") | nindent 4 }}
  ports:
    - name: metrics
      containerPort: {{ $component.httpMetrics.containerPort }}
  {{- if $root.Values.probes.enabled }}
  livenessProbe:
    # Not the metrics: who scrapes too often would be told no in its name.
    tcpSocket:
      port: {{ $component.httpMetrics.containerPort }}
    initialDelaySeconds: 10
    periodSeconds: {{ $root.Values.probes.periodSeconds }}
    timeoutSeconds: {{ $root.Values.probes.timeoutSeconds }}
    failureThreshold: {{ $root.Values.probes.failureThreshold }}
  {{- end }}
  volumeMounts:
    - name: socket-dir
      mountPath: /csi
    {{- include "ceph-csi.tlsMount" $root | nindent 4 }}
  {{- with $root.Values.nodeplugin.plugin.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Where pods may run: the same four values of both components. */}}
{{- define "ceph-csi.placement" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
