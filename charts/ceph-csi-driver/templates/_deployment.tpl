{{- define "ceph-csi.deployment" -}}
{{- $driver := include "ceph-csi.driver" . }}
{{- with .Values.provisioner }}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "ceph-csi.metadata" (list $ (include "ceph-csi.provisioner" $) .) | nindent 2 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  replicas: {{ .replicaCount }}
  strategy:
    type: {{ .strategy.type }}
    {{- if and (eq .strategy.type "RollingUpdate") .strategy.rollingUpdate }}
    rollingUpdate:
      {{- toYaml .strategy.rollingUpdate | nindent 6 }}
    {{- end }}
  selector:
    matchLabels:
      {{- include "ceph-csi.selector" (list $ .) | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "ceph-csi.componentLabels" (list $ .) | nindent 8 }}
      {{- with .podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      securityContext:
        {{- include "ceph-csi.provisionerPodSecurity" . | nindent 8 }}
      {{- with .imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      serviceAccountName: {{ include "ceph-csi.provisionerAccount" $ }}
      {{- with .priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- if .enableHostNetwork }}
      hostNetwork: true
      dnsPolicy: ClusterFirstWithHostNet
      {{- end }}
      {{- with include "ceph-csi.provisionerAffinity" $ }}
      affinity:
        {{- . | nindent 8 }}
      {{- end }}
      containers:
        - name: csi-{{ $driver }}plugin
          {{- include "ceph-csi.image" (list $ $.Values.nodeplugin.plugin.image) | nindent 10 }}
          securityContext:
            {{- include "ceph-csi.provisionerSecurity" $ | nindent 12 }}
          args:
            - --controllerserver=true
            {{- include "ceph-csi.driverArgs" (list $ . $.Values.driverMetrics.provisionerPort) | nindent 12 }}
            {{- with .clustername }}
            - --clustername={{ . }}
            {{- end }}
            - --setmetadata={{ .setmetadata }}
            {{- include (printf "ceph-csi.provisionerArgs.%s" $driver) $ | nindent 12 }}
          env:
            {{- include "ceph-csi.driverEnv" (list $ $.Values.provisionerSocketFile) | nindent 12 }}
          {{- include "ceph-csi.driverPort" (list $ $.Values.driverMetrics.provisionerPort) | nindent 10 }}
          {{- include "ceph-csi.driverProbes" (list $ .) | nindent 10 }}
          volumeMounts:
            - name: socket-dir
              mountPath: /csi
            {{- include "ceph-csi.configMounts" $ | nindent 12 }}
          {{- with $.Values.nodeplugin.plugin.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
        {{- include "ceph-csi.sidecar" (list $ "csi-provisioner" .provisioner 8090 (include "ceph-csi.externalProvisionerArgs" $)) | nindent 8 }}
        {{- if .resizer.enabled }}
        {{- include "ceph-csi.sidecar" (list $ "csi-resizer" .resizer 8091 (include "ceph-csi.resizerArgs" $)) | nindent 8 }}
        {{- end }}
        {{- if .snapshotter.enabled }}
        {{- include "ceph-csi.sidecar" (list $ "csi-snapshotter" .snapshotter 8092 (include "ceph-csi.snapshotterArgs" $)) | nindent 8 }}
        {{- end }}
        {{- if dig "attacher" "enabled" false . }}
        {{- include "ceph-csi.sidecar" (list $ "csi-attacher" .attacher 8093 (include "ceph-csi.attacherArgs" $)) | nindent 8 }}
        {{- end }}
        {{- include "ceph-csi.livenessContainer" (list $ . $.Values.provisionerSocketFile (include "ceph-csi.provisionerSecurity" $)) | nindent 8 }}
      volumes:
        - name: socket-dir
          emptyDir:
            medium: Memory
        {{- include "ceph-csi.configVolumes" $ | nindent 8 }}
      {{- include "ceph-csi.placement" . | nindent 6 }}
{{- end }}
{{- end -}}

{{- define "ceph-csi.provisionerArgs.rbd" -}}
{{- with .Values.provisioner -}}
- --rbdhardmaxclonedepth={{ .hardMaxCloneDepth }}
- --rbdsoftmaxclonedepth={{ .softMaxCloneDepth }}
- --maxsnapshotsonimage={{ .maxSnapshotsOnImage }}
- --minsnapshotsonimage={{ .minSnapshotsOnImage }}
{{- if .skipForceFlatten }}
- --skipforceflatten={{ .skipForceFlatten }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "ceph-csi.provisionerArgs.cephfs" -}}
{{- end -}}

{{/* One of Kubernetes' sidecars: list ROOT NAME VALUES-OF-THE-SIDECAR PORT ARGS; the port is only the name's default order */}}
{{- define "ceph-csi.sidecar" -}}
{{- $root := index . 0 }}
{{- $sidecar := index . 2 }}
{{- $port := ($sidecar.args).httpEndpointPort }}
- name: {{ index . 1 }}
  {{- include "ceph-csi.image" (list $root $sidecar.image) | nindent 2 }}
  securityContext:
    {{- include "ceph-csi.provisionerSecurity" $root | nindent 4 }}
  args:
    - --csi-address=unix:///csi/{{ $root.Values.provisionerSocketFile }}
    - --v={{ $root.Values.sidecarLogLevel }}
    - --leader-election=true
    {{- index . 4 | nindent 4 }}
    {{- with $port }}
    - --http-endpoint=$(POD_IP):{{ . }}
    {{- end }}
    {{- range $sidecar.extraArgs }}
    - --{{ . }}
    {{- end }}
  {{- with $port }}
  env:
    {{- include "ceph-csi.fieldEnv" (list "POD_IP" "status.podIP") | nindent 4 }}
  ports:
    - name: {{ index $ 1 | trimPrefix "csi-" }}
      containerPort: {{ . }}
  {{- if $root.Values.probes.enabled }}
  livenessProbe:
    httpGet:
      path: /healthz/leader-election
      port: {{ . }}
    initialDelaySeconds: 10
    periodSeconds: {{ $root.Values.probes.periodSeconds }}
    timeoutSeconds: {{ $root.Values.probes.timeoutSeconds }}
    failureThreshold: {{ $root.Values.probes.failureThreshold }}
  {{- end }}
  {{- end }}
  volumeMounts:
    - name: socket-dir
      mountPath: /csi
  {{- with $sidecar.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/*
"true" where the tag of a sidecar's image is a version before that one; any other tag is taken for a new one: list SIDECAR VERSION.
A gate of features is asked for only where it is not yet open by itself, since a sidecar that has it no more does not start.
*/}}
{{- define "ceph-csi.olderThan" -}}
{{- $version := regexFind "^v?[0-9]+\\.[0-9]+(\\.[0-9]+)?" (toString (index . 0).image.tag) -}}
{{- if and $version (semverCompare (printf "<%s-0" (index . 1)) $version) }}true{{ end -}}
{{- end -}}

{{- define "ceph-csi.externalProvisionerArgs" -}}
- --timeout={{ .Values.provisioner.timeout }}
- --retry-interval-start=500ms
- --extra-create-metadata=true
{{- if include "ceph-csi.olderThan" (list .Values.provisioner.provisioner "6.2.0") }}
- --feature-gates=HonorPVReclaimPolicy=true
{{- end }}
- --prevent-volume-mode-conversion=true
{{- if eq (include "ceph-csi.driver" .) "rbd" }}
- --default-fstype={{ .Values.provisioner.defaultFSType }}
- --immediate-topology=false
{{- end }}
{{- end -}}

{{- define "ceph-csi.resizerArgs" -}}
- --timeout={{ .Values.provisioner.timeout }}
- --retry-interval-start=500ms
- --handle-volume-inuse-error=false
{{- if include "ceph-csi.olderThan" (list .Values.provisioner.resizer "1.13.0") }}
- --feature-gates=RecoverVolumeExpansionFailure=true
{{- end }}
{{- end -}}

{{/* The snapshotter has a feature gate for groups since 8.2, which took the flag away. */}}
{{- define "ceph-csi.snapshotterArgs" -}}
{{- $groups := (.Values.provisioner.snapshotter.args).enableVolumeGroupSnapshots | default false -}}
- --timeout={{ .Values.provisioner.timeout }}
- --extra-create-metadata=true
{{- if eq (include "ceph-csi.groupApi" .) "v1alpha1" }}
- --enable-volume-group-snapshots={{ $groups }}
{{- else if $groups }}
- --feature-gates=CSIVolumeGroupSnapshot=true
{{- end }}
{{- end -}}

{{/* The version of the group snapshots' API that the snapshotter speaks. */}}
{{- define "ceph-csi.groupApi" -}}
{{- $snapshotter := .Values.provisioner.snapshotter -}}
{{- if include "ceph-csi.olderThan" (list $snapshotter "8.2.0") -}}
v1alpha1
{{- else if include "ceph-csi.olderThan" (list $snapshotter "8.6.0") -}}
v1beta1
{{- else -}}
v1
{{- end -}}
{{- end -}}

{{- define "ceph-csi.attacherArgs" -}}
- --retry-interval-start=500ms
- --default-fstype={{ .Values.provisioner.defaultFSType }}
{{- end -}}

{{/* The pod's: one plain user for all containers, so that they may use the socket of the driver. */}}
{{- define "ceph-csi.provisionerPodSecurity" -}}
{{- $default := dict "runAsNonRoot" true "runAsUser" 65532 "runAsGroup" 65532 "fsGroup" 65532 "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- /* Not merge, which takes 0 and false for nothing. */ -}}
{{- range $key, $value := .podSecurityContext -}}
{{- $_ := set $default $key $value -}}
{{- end -}}
{{- toYaml $default -}}
{{- end -}}

{{- define "ceph-csi.provisionerSecurity" -}}
readOnlyRootFilesystem: true
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
{{- end -}}

{{/* The replicas apart, unless the values say otherwise. */}}
{{- define "ceph-csi.provisionerAffinity" -}}
{{- $p := .Values.provisioner -}}
{{- $affinity := deepCopy ($p.affinity | default dict) -}}
{{- if and (gt (int $p.replicaCount) 1) (not (hasKey $affinity "podAntiAffinity")) -}}
{{- $term := dict "labelSelector" (dict "matchLabels" (include "ceph-csi.selector" (list . $p) | fromYaml)) "topologyKey" "kubernetes.io/hostname" -}}
{{- if eq $p.antiAffinity "required" -}}
{{- $_ := set $affinity "podAntiAffinity" (dict "requiredDuringSchedulingIgnoredDuringExecution" (list $term)) -}}
{{- else -}}
{{- $_ := set $affinity "podAntiAffinity" (dict "preferredDuringSchedulingIgnoredDuringExecution" (list (dict "weight" 100 "podAffinityTerm" $term))) -}}
{{- end -}}
{{- end -}}
{{- if $affinity }}{{ toYaml $affinity }}{{ end -}}
{{- end -}}
