// Package declaration turns the connector's exported configuration schema into the field declarations that the
// SDK's command line is built from, so that the fields are declared in one place only.
package declaration

import (
	"fmt"
	"os"

	configv1 "github.com/conductorone/baton-sdk/pb/c1/config/v1"
	"github.com/conductorone/baton-sdk/pkg/field"
	"google.golang.org/protobuf/encoding/protojson"
)

// Load reads what a connector's "config" subcommand printed. Fields of the SDK itself are left out: the command
// line adds them. No path means no fields.
func Load(path string) (field.Configuration, error) {
	if path == "" {
		return field.Configuration{}, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return field.Configuration{}, fmt.Errorf("read the configuration schema: %w", err)
	}
	schema := &configv1.Configuration{}
	if err := protojson.Unmarshal(text, schema); err != nil {
		return field.Configuration{}, fmt.Errorf("parse the configuration schema %s: %w", path, err)
	}

	isOfSDK := map[string]bool{}
	for _, own := range field.DefaultFields {
		isOfSDK[own.FieldName] = true
	}
	byName := map[string]field.SchemaField{}
	fields := []field.SchemaField{}
	for _, exported := range schema.GetFields() {
		if isOfSDK[exported.GetName()] {
			continue
		}
		declared, err := declare(exported)
		if err != nil {
			return field.Configuration{}, err
		}
		byName[exported.GetName()] = declared
		fields = append(fields, declared)
	}

	constraints := []field.SchemaFieldRelationship{}
	for _, exported := range schema.GetConstraints() {
		declared, err := relate(exported, byName)
		if err != nil {
			return field.Configuration{}, err
		}
		constraints = append(constraints, declared)
	}
	return field.NewConfiguration(
		fields,
		field.WithConstraints(constraints...),
		field.WithConnectorDisplayName(schema.GetDisplayName()),
	), nil
}

func declare(exported *configv1.Field) (field.SchemaField, error) {
	name := exported.GetName()
	var declared field.SchemaField
	switch exported.WhichField() {
	case configv1.Field_StringField_case:
		text := exported.GetStringField()
		declared = field.StringField(name, field.WithString(func(rules *field.StringRuler) {
			if allowed := text.GetRules().GetIn(); len(allowed) > 0 {
				rules.In(allowed)
			}
		}), field.WithDefaultValue(text.GetDefaultValue()))
	case configv1.Field_BoolField_case:
		declared = field.BoolField(name, field.WithDefaultValue(exported.GetBoolField().GetDefaultValue()))
	case configv1.Field_IntField_case:
		declared = field.IntField(name, field.WithDefaultValue(int(exported.GetIntField().GetDefaultValue())))
	case configv1.Field_StringSliceField_case:
		declared = field.StringSliceField(name)
	default:
		return field.SchemaField{}, fmt.Errorf("field %q is of a kind that this program does not know", name)
	}
	declared.Description = exported.GetDescription()
	declared.Required = exported.GetIsRequired()
	declared.Secret = exported.GetIsSecret()
	return declared, nil
}

func relate(exported *configv1.Constraint, byName map[string]field.SchemaField) (field.SchemaFieldRelationship, error) {
	fields := pick(exported.GetFieldNames(), byName)
	switch exported.GetKind() {
	case configv1.ConstraintKind_CONSTRAINT_KIND_REQUIRED_TOGETHER:
		return field.FieldsRequiredTogether(fields...), nil
	case configv1.ConstraintKind_CONSTRAINT_KIND_MUTUALLY_EXCLUSIVE:
		return field.FieldsMutuallyExclusive(fields...), nil
	case configv1.ConstraintKind_CONSTRAINT_KIND_AT_LEAST_ONE:
		return field.FieldsAtLeastOneUsed(fields...), nil
	case configv1.ConstraintKind_CONSTRAINT_KIND_DEPENDENT_ON:
		return field.FieldsDependentOn(fields, pick(exported.GetSecondaryFieldNames(), byName)), nil
	default:
		return field.SchemaFieldRelationship{}, fmt.Errorf("constraint on %v is of a kind that this program does not know", exported.GetFieldNames())
	}
}

func pick(names []string, byName map[string]field.SchemaField) []field.SchemaField {
	fields := make([]field.SchemaField, 0, len(names))
	for _, name := range names {
		fields = append(fields, byName[name])
	}
	return fields
}
