{{/* Names and labels are ceph-csi's, to the letter: selectors cannot be changed, so a release upgrades in place only with these. */}}

{{- define "ceph-csi.driver" -}}{{ .Chart.Annotations.driver }}{{- end -}}

{{- define "ceph-csi.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "ceph-csi.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The name of a component's objects: list ROOT VALUES-OF-THE-COMPONENT */}}
{{- define "ceph-csi.componentName" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $name := default $root.Chart.Name $root.Values.nameOverride -}}
{{- if $component.fullnameOverride -}}
{{- $component.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name $root.Release.Name -}}
{{- printf "%s-%s" $root.Release.Name $component.name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s-%s" $root.Release.Name $name $component.name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "ceph-csi.nodeplugin" -}}{{ include "ceph-csi.componentName" (list . .Values.nodeplugin) }}{{- end -}}
{{- define "ceph-csi.provisioner" -}}{{ include "ceph-csi.componentName" (list . .Values.provisioner) }}{{- end -}}

{{- define "ceph-csi.nodepluginAccount" -}}
{{- $account := .Values.serviceAccounts.nodeplugin -}}
{{- $account.name | default (ternary (include "ceph-csi.nodeplugin" .) "default" $account.create) -}}
{{- end -}}

{{- define "ceph-csi.provisionerAccount" -}}
{{- $account := .Values.serviceAccounts.provisioner -}}
{{- $account.name | default (ternary (include "ceph-csi.provisioner" .) "default" $account.create) -}}
{{- end -}}

{{/* What Kubernetes knows a component's pods by: list ROOT VALUES-OF-THE-COMPONENT */}}
{{- define "ceph-csi.selector" -}}
{{- $root := index . 0 -}}
app: {{ include "ceph-csi.name" $root }}
component: {{ (index . 1).name }}
release: {{ $root.Release.Name }}
{{- end -}}

{{/* The labels of all objects, without component. */}}
{{- define "ceph-csi.labels" -}}
app: {{ include "ceph-csi.name" . }}
chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
release: {{ .Release.Name }}
heritage: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The labels of a component's objects: list ROOT VALUES-OF-THE-COMPONENT */}}
{{- define "ceph-csi.componentLabels" -}}
{{- $root := index . 0 -}}
component: {{ (index . 1).name }}
{{ include "ceph-csi.labels" $root }}
{{- end -}}

{{/* The head of an object of the release's namespace: list ROOT NAME [VALUES-OF-THE-COMPONENT] */}}
{{- define "ceph-csi.metadata" -}}
{{- $root := index . 0 -}}
name: {{ index . 1 }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- if gt (len .) 2 }}
  {{- include "ceph-csi.componentLabels" (list $root (index . 2)) | nindent 2 }}
  {{- else }}
  {{- include "ceph-csi.labels" $root | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* The same for an object without a namespace. */}}
{{- define "ceph-csi.clusterMetadata" -}}
{{- $root := index . 0 -}}
name: {{ index . 1 }}
labels:
  {{- if gt (len .) 2 }}
  {{- include "ceph-csi.componentLabels" (list $root (index . 2)) | nindent 2 }}
  {{- else }}
  {{- include "ceph-csi.labels" $root | nindent 2 }}
  {{- end }}
{{- end -}}
