{{- define "ceph-csi.serviceAccounts" -}}
{{- if .Values.serviceAccounts.nodeplugin.create }}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "ceph-csi.metadata" (list . (include "ceph-csi.nodepluginAccount" .) .Values.nodeplugin) | nindent 2 }}
---
{{- end }}
{{- if .Values.serviceAccounts.provisioner.create }}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "ceph-csi.metadata" (list . (include "ceph-csi.provisionerAccount" .) .Values.provisioner) | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "ceph-csi.subject" -}}
- kind: ServiceAccount
  name: {{ index . 1 }}
  namespace: {{ (index . 0).Release.Namespace }}
{{- end -}}

{{/* "true" where Secrets of every namespace may be read. */}}
{{- define "ceph-csi.clusterWideSecrets" -}}
{{- $wanted := toString .Values.rbac.clusterWideSecrets -}}
{{- if eq $wanted "auto" }}{{ ternary "true" "" (not (empty .Values.encryptionKMSConfig)) }}{{ else if eq $wanted "true" }}true{{ end -}}
{{- end -}}

{{- define "ceph-csi.nodeRbac" -}}
{{- if .Values.rbac.create }}
{{- $name := include "ceph-csi.nodeplugin" . }}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  {{- include "ceph-csi.clusterMetadata" (list . $name .Values.nodeplugin) | nindent 2 }}
rules:
  {{- include "ceph-csi.nodeRules" . | trim | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  {{- include "ceph-csi.clusterMetadata" (list . $name .Values.nodeplugin) | nindent 2 }}
subjects:
  {{- include "ceph-csi.subject" (list . (include "ceph-csi.nodepluginAccount" .)) | nindent 2 }}
roleRef:
  kind: ClusterRole
  name: {{ $name }}
  apiGroup: rbac.authorization.k8s.io
{{- if and (eq (include "ceph-csi.driver" .) "rbd") (not (include "ceph-csi.clusterWideSecrets" .)) }}
{{- range include "ceph-csi.secretNamespaces" . | fromJsonArray }}
---
{{- include "ceph-csi.secretsRole" (list $ (printf "%s-secrets" $name) . $.Values.nodeplugin (include "ceph-csi.nodepluginAccount" $)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The Secrets of a namespace: list ROOT NAME NAMESPACE VALUES-OF-THE-COMPONENT ACCOUNT */}}
{{- define "ceph-csi.secretsRole" }}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ index . 1 }}
  namespace: {{ index . 2 }}
  labels:
    {{- include "ceph-csi.componentLabels" (list (index . 0) (index . 3)) | nindent 4 }}
rules:
  - apiGroups: [""]
    resources: [secrets]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ index . 1 }}
  namespace: {{ index . 2 }}
  labels:
    {{- include "ceph-csi.componentLabels" (list (index . 0) (index . 3)) | nindent 4 }}
subjects:
  {{- include "ceph-csi.subject" (list (index . 0) (index . 4)) | nindent 2 }}
roleRef:
  kind: Role
  name: {{ index . 1 }}
  apiGroup: rbac.authorization.k8s.io
{{- end -}}

{{/*
A node asks Kubernetes for its own labels and for what a KMS needs; whether it wants labels is in config.json too, which need not
be this chart's. After a restart nobody tells RBD's the user of a volume whose rbd-nbd has ended: it asks for the attachment, the
volume, and the volume's Secret. Kubelet hands it all else.
*/}}
{{- define "ceph-csi.nodeRules" -}}
- apiGroups: [""]
  resources: [nodes]
  verbs: [get]
{{- if eq (include "ceph-csi.driver" .) "rbd" }}
- apiGroups: [storage.k8s.io]
  resources: [volumeattachments]
  verbs: [get]
- apiGroups: [""]
  resources: [persistentvolumes]
  verbs: [get]
{{- end }}
{{- include "ceph-csi.kmsRules" . }}
{{- end -}}

{{/* Where tenants keep their passphrases, tokens and settings: in their own namespaces. */}}
{{- define "ceph-csi.kmsRules" -}}
{{- if include "ceph-csi.clusterWideSecrets" . }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
{{- end }}
{{- if .Values.encryptionKMSConfig }}
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get]
- apiGroups: [""]
  resources: [serviceaccounts]
  verbs: [get]
- apiGroups: [""]
  resources: [serviceaccounts/token]
  verbs: [create]
{{- end }}
{{- end -}}

{{- define "ceph-csi.provisionerRbac" -}}
{{- if .Values.rbac.create }}
{{- include "ceph-csi.checkSecretNamespaces" . }}
{{- $name := include "ceph-csi.provisioner" . }}
{{- $subject := include "ceph-csi.subject" (list . (include "ceph-csi.provisionerAccount" .)) }}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  {{- include "ceph-csi.clusterMetadata" (list . $name .Values.provisioner) | nindent 2 }}
rules:
  {{- include "ceph-csi.provisionerRules" . | trim | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  {{- include "ceph-csi.clusterMetadata" (list . $name .Values.provisioner) | nindent 2 }}
subjects:
  {{- $subject | nindent 2 }}
roleRef:
  kind: ClusterRole
  name: {{ $name }}
  apiGroup: rbac.authorization.k8s.io
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "ceph-csi.metadata" (list . $name .Values.provisioner) | nindent 2 }}
rules:
  # Of the sidecars' replicas, who leads.
  - apiGroups: [coordination.k8s.io]
    resources: [leases]
    verbs: [get, watch, list, delete, update, create]
  - apiGroups: [""]
    resources: [secrets]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "ceph-csi.metadata" (list . $name .Values.provisioner) | nindent 2 }}
subjects:
  {{- $subject | nindent 2 }}
roleRef:
  kind: Role
  name: {{ $name }}
  apiGroup: rbac.authorization.k8s.io
{{- if not (include "ceph-csi.clusterWideSecrets" .) }}
{{- range include "ceph-csi.secretNamespaces" . | fromJsonArray }}
{{- if ne . $.Release.Namespace }}
---
{{- include "ceph-csi.secretsRole" (list $ (printf "%s-secrets" $name) . $.Values.provisioner (include "ceph-csi.provisionerAccount" $)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The namespaces, as a JSON list, of all Secrets that the classes of this release name, with those of the values. */}}
{{- define "ceph-csi.secretNamespaces" -}}
{{- $all := concat (list .Release.Namespace) .Values.rbac.secretNamespaces -}}
{{- range list .Values.storageClass .Values.volumeSnapshotClass .Values.volumeGroupSnapshotClass -}}
{{- if .create -}}
{{- range $key, $value := . -}}
{{- if and (hasSuffix "SecretNamespace" $key) $value -}}{{- $all = append $all $value -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $all | uniq | sortAlpha | toJson -}}
{{- end -}}

{{/*
An upgrade from a release that read all Secrets must not leave a class without its Secret: looks at the classes that there are,
where Helm talks to a cluster.
*/}}
{{- define "ceph-csi.checkSecretNamespaces" -}}
{{- if not (include "ceph-csi.clusterWideSecrets" .) -}}
{{- $known := include "ceph-csi.secretNamespaces" . | fromJsonArray -}}
{{- /* Those that sidecars read; kubelet reads the nodes' by itself. */ -}}
{{- $secrets := list "provisioner" "controller-publish" "controller-expand" "snapshotter" "snapshotter-list" "group-snapshotter" -}}
{{- $apis := dict "StorageClass" (list "storage.k8s.io/v1") "VolumeSnapshotClass" (list "snapshot.storage.k8s.io/v1")
      "VolumeGroupSnapshotClass" (list "groupsnapshot.storage.k8s.io/v1" "groupsnapshot.storage.k8s.io/v1beta1" "groupsnapshot.storage.k8s.io/v1alpha1") -}}
{{- range $kind, $versions := $apis -}}
{{- range $version := $versions -}}
{{- if $.Capabilities.APIVersions.Has $version -}}
{{- range (lookup $version $kind "" "").items -}}
{{- if eq (.provisioner | default .driver) $.Values.driverName -}}
{{- $class := .metadata.name -}}
{{- range $key, $namespace := .parameters -}}
{{- $of := trimPrefix "csi.storage.k8s.io/" $key | trimSuffix "-secret-namespace" -}}
{{- if and (hasSuffix "-secret-namespace" $key) (has $of $secrets) (not (has $namespace $known)) -}}
{{- fail (printf "%s %s has Secrets in namespace %s, which this release could not read: add the namespace to rbac.secretNamespaces, or set rbac.clusterWideSecrets=true" $kind $class $namespace) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What the sidecars do, by the resource; nothing of it is the driver's own but the rules for a KMS. */}}
{{- define "ceph-csi.provisionerRules" -}}
{{- $p := .Values.provisioner -}}
- apiGroups: [""]
  resources: [nodes]
  verbs: [get, list, watch]
- apiGroups: [storage.k8s.io]
  resources: [csinodes]
  verbs: [get, list, watch]
- apiGroups: [storage.k8s.io]
  resources: [storageclasses]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [events]
  verbs: [list, watch, create, update, patch]
- apiGroups: [""]
  resources: [persistentvolumes]
  verbs: [get, list, watch, create, update, delete, patch]
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [get, list, watch, update]
{{- if $p.resizer.enabled }}
- apiGroups: [""]
  resources: [persistentvolumeclaims/status]
  verbs: [update, patch]
{{- end }}
{{- if dig "attacher" "enabled" false $p }}
- apiGroups: [storage.k8s.io]
  resources: [volumeattachments]
  verbs: [get, list, watch, update, patch]
- apiGroups: [storage.k8s.io]
  resources: [volumeattachments/status]
  verbs: [patch]
{{- end }}
{{- if not $p.snapshotter.enabled }}
- apiGroups: [snapshot.storage.k8s.io]
  resources: [volumesnapshots, volumesnapshotcontents]
  verbs: [get, list, watch]
{{- else }}
- apiGroups: [snapshot.storage.k8s.io]
  resources: [volumesnapshotclasses]
  verbs: [get, list, watch]
- apiGroups: [snapshot.storage.k8s.io]
  resources: [volumesnapshots/status]
  verbs: [update, patch]
- apiGroups: [snapshot.storage.k8s.io]
  resources: [volumesnapshotcontents/status]
  verbs: [update, patch]
{{- if ($p.snapshotter.args).enableVolumeGroupSnapshots }}
- apiGroups: [snapshot.storage.k8s.io]
  resources: [volumesnapshots]
  verbs: [get, list, watch, update, patch, create]
- apiGroups: [snapshot.storage.k8s.io]
  resources: [volumesnapshotcontents]
  verbs: [get, list, watch, update, patch, create]
- apiGroups: [groupsnapshot.storage.k8s.io]
  resources: [volumegroupsnapshotclasses]
  verbs: [get, list, watch]
- apiGroups: [groupsnapshot.storage.k8s.io]
  resources: [volumegroupsnapshotcontents]
  verbs: [get, list, watch, update, patch]
- apiGroups: [groupsnapshot.storage.k8s.io]
  resources: [volumegroupsnapshotcontents/status]
  verbs: [update, patch]
{{- else }}
- apiGroups: [snapshot.storage.k8s.io]
  resources: [volumesnapshots]
  verbs: [get, list, watch]
- apiGroups: [snapshot.storage.k8s.io]
  resources: [volumesnapshotcontents]
  verbs: [get, list, watch, update, patch]
{{- end }}
{{- end }}
{{- if not (include "ceph-csi.olderThan" (list $p.provisioner "6.2.0")) }}
# A snapshot that a volume is made from is kept until it is made.
- apiGroups: [snapshot.storage.k8s.io]
  resources: [volumesnapshots]
  verbs: [update]
{{- end }}
{{- include "ceph-csi.kmsRules" . }}
{{- end -}}
