"""NIST's PKITS, sections 4.1 to 4.6: which path is tested, and what has to come out.

Source: "Public Key Interoperability Test Suite (PKITS), Certification Path Validation", version 1.0.1, 14 April 2011,
NIST, chapter 4. The certificates themselves come with the package cryptography-vectors; the results stand only in that
document and are written down here. Columns: test, result, the CA certificates from the trust anchor down, the end
entity. File names are those of the package.
"""

TESTS = """
4.1.1 ok GoodCACert ValidCertificatePathTest1EE
4.1.2 no BadSignedCACert InvalidCASignatureTest2EE
4.1.3 no GoodCACert InvalidEESignatureTest3EE
4.1.4 ok DSACACert ValidDSASignaturesTest4EE
4.1.5 ok DSACACert DSAParametersInheritedCACert ValidDSAParameterInheritanceTest5EE
4.1.6 no DSACACert InvalidDSASignatureTest6EE
4.2.1 no BadnotBeforeDateCACert InvalidCAnotBeforeDateTest1EE
4.2.2 no GoodCACert InvalidEEnotBeforeDateTest2EE
4.2.3 ok GoodCACert Validpre2000UTCnotBeforeDateTest3EE
4.2.4 ok GoodCACert ValidGeneralizedTimenotBeforeDateTest4EE
4.2.5 no BadnotAfterDateCACert InvalidCAnotAfterDateTest5EE
4.2.6 no GoodCACert InvalidEEnotAfterDateTest6EE
4.2.7 no GoodCACert Invalidpre2000UTCEEnotAfterDateTest7EE
4.2.8 ok GoodCACert ValidGeneralizedTimenotAfterDateTest8EE
4.3.1 no GoodCACert InvalidNameChainingTest1EE
4.3.2 no NameOrderingCACert InvalidNameChainingOrderTest2EE
4.3.3 ok GoodCACert ValidNameChainingWhitespaceTest3EE
4.3.4 ok GoodCACert ValidNameChainingWhitespaceTest4EE
4.3.5 ok GoodCACert ValidNameChainingCapitalizationTest5EE
4.3.6 ok UIDCACert ValidNameUIDsTest6EE
4.3.7 ok RFC3280MandatoryAttributeTypesCACert ValidRFC3280MandatoryAttributeTypesTest7EE
4.3.8 ok RFC3280OptionalAttributeTypesCACert ValidRFC3280OptionalAttributeTypesTest8EE
4.3.9 ok UTF8StringEncodedNamesCACert ValidUTF8StringEncodedNamesTest9EE
4.3.10 ok RolloverfromPrintableStringtoUTF8StringCACert ValidRolloverfromPrintableStringtoUTF8StringTest10EE
4.3.11 ok UTF8StringCaseInsensitiveMatchCACert ValidUTF8StringCaseInsensitiveMatchTest11EE
4.4.1 no NoCRLCACert InvalidMissingCRLTest1EE
4.4.2 no GoodCACert RevokedsubCACert InvalidRevokedCATest2EE
4.4.3 no GoodCACert InvalidRevokedEETest3EE
4.4.4 no BadCRLSignatureCACert InvalidBadCRLSignatureTest4EE
4.4.5 no BadCRLIssuerNameCACert InvalidBadCRLIssuerNameTest5EE
4.4.6 no WrongCRLCACert InvalidWrongCRLTest6EE
4.4.7 ok TwoCRLsCACert ValidTwoCRLsTest7EE
4.4.8 no UnknownCRLEntryExtensionCACert InvalidUnknownCRLEntryExtensionTest8EE
4.4.9 no UnknownCRLExtensionCACert InvalidUnknownCRLExtensionTest9EE
4.4.10 no UnknownCRLExtensionCACert InvalidUnknownCRLExtensionTest10EE
4.4.11 no OldCRLnextUpdateCACert InvalidOldCRLnextUpdateTest11EE
4.4.12 no pre2000CRLnextUpdateCACert Invalidpre2000CRLnextUpdateTest12EE
4.4.13 ok GeneralizedTimeCRLnextUpdateCACert ValidGeneralizedTimeCRLnextUpdateTest13EE
4.4.14 ok NegativeSerialNumberCACert ValidNegativeSerialNumberTest14EE
4.4.15 no NegativeSerialNumberCACert InvalidNegativeSerialNumberTest15EE
4.4.16 ok LongSerialNumberCACert ValidLongSerialNumberTest16EE
4.4.17 ok LongSerialNumberCACert ValidLongSerialNumberTest17EE
4.4.18 no LongSerialNumberCACert InvalidLongSerialNumberTest18EE
4.4.19 ok SeparateCertificateandCRLKeysCertificateSigningCACert SeparateCertificateandCRLKeysCRLSigningCert \
    ValidSeparateCertificateandCRLKeysTest19EE
4.4.20 no SeparateCertificateandCRLKeysCertificateSigningCACert SeparateCertificateandCRLKeysCRLSigningCert \
    InvalidSeparateCertificateandCRLKeysTest20EE
4.4.21 no SeparateCertificateandCRLKeysCA2CertificateSigningCACert SeparateCertificateandCRLKeysCA2CRLSigningCert \
    InvalidSeparateCertificateandCRLKeysTest21EE
4.5.1 ok BasicSelfIssuedNewKeyCACert BasicSelfIssuedNewKeyOldWithNewCACert ValidBasicSelfIssuedOldWithNewTest1EE
4.5.2 no BasicSelfIssuedNewKeyCACert BasicSelfIssuedNewKeyOldWithNewCACert InvalidBasicSelfIssuedOldWithNewTest2EE
4.5.3 ok BasicSelfIssuedOldKeyCACert BasicSelfIssuedOldKeyNewWithOldCACert ValidBasicSelfIssuedNewWithOldTest3EE
4.5.4 ok BasicSelfIssuedOldKeyCACert BasicSelfIssuedOldKeyNewWithOldCACert ValidBasicSelfIssuedNewWithOldTest4EE
4.5.5 no BasicSelfIssuedOldKeyCACert BasicSelfIssuedOldKeyNewWithOldCACert InvalidBasicSelfIssuedNewWithOldTest5EE
4.5.6 ok BasicSelfIssuedCRLSigningKeyCACert BasicSelfIssuedCRLSigningKeyCRLCert ValidBasicSelfIssuedCRLSigningKeyTest6EE
4.5.7 no BasicSelfIssuedCRLSigningKeyCACert BasicSelfIssuedCRLSigningKeyCRLCert \
    InvalidBasicSelfIssuedCRLSigningKeyTest7EE
4.5.8 no BasicSelfIssuedCRLSigningKeyCACert BasicSelfIssuedCRLSigningKeyCRLCert \
    InvalidBasicSelfIssuedCRLSigningKeyTest8EE
4.6.1 no MissingbasicConstraintsCACert InvalidMissingbasicConstraintsTest1EE
4.6.2 no basicConstraintsCriticalcAFalseCACert InvalidcAFalseTest2EE
4.6.3 no basicConstraintsNotCriticalcAFalseCACert InvalidcAFalseTest3EE
4.6.4 ok basicConstraintsNotCriticalCACert ValidbasicConstraintsNotCriticalTest4EE
4.6.5 no pathLenConstraint0CACert pathLenConstraint0subCACert InvalidpathLenConstraintTest5EE
4.6.6 no pathLenConstraint0CACert pathLenConstraint0subCACert InvalidpathLenConstraintTest6EE
4.6.7 ok pathLenConstraint0CACert ValidpathLenConstraintTest7EE
4.6.8 ok pathLenConstraint0CACert ValidpathLenConstraintTest8EE
4.6.9 no pathLenConstraint6CACert pathLenConstraint6subCA0Cert pathLenConstraint6subsubCA00Cert \
    InvalidpathLenConstraintTest9EE
4.6.10 no pathLenConstraint6CACert pathLenConstraint6subCA0Cert pathLenConstraint6subsubCA00Cert \
    InvalidpathLenConstraintTest10EE
4.6.11 no pathLenConstraint6CACert pathLenConstraint6subCA1Cert pathLenConstraint6subsubCA11Cert \
    pathLenConstraint6subsubsubCA11XCert InvalidpathLenConstraintTest11EE
4.6.12 no pathLenConstraint6CACert pathLenConstraint6subCA1Cert pathLenConstraint6subsubCA11Cert \
    pathLenConstraint6subsubsubCA11XCert InvalidpathLenConstraintTest12EE
4.6.13 ok pathLenConstraint6CACert pathLenConstraint6subCA4Cert pathLenConstraint6subsubCA41Cert \
    pathLenConstraint6subsubsubCA41XCert ValidpathLenConstraintTest13EE
4.6.14 ok pathLenConstraint6CACert pathLenConstraint6subCA4Cert pathLenConstraint6subsubCA41Cert \
    pathLenConstraint6subsubsubCA41XCert ValidpathLenConstraintTest14EE
4.6.15 ok pathLenConstraint0CACert pathLenConstraint0SelfIssuedCACert ValidSelfIssuedpathLenConstraintTest15EE
4.6.16 no pathLenConstraint0CACert pathLenConstraint0SelfIssuedCACert pathLenConstraint0subCA2Cert \
    InvalidSelfIssuedpathLenConstraintTest16EE
4.6.17 ok pathLenConstraint1CACert pathLenConstraint1SelfIssuedCACert pathLenConstraint1subCACert \
    pathLenConstraint1SelfIssuedsubCACert ValidSelfIssuedpathLenConstraintTest17EE
"""

DISAGREEMENTS = {
    "4.1.4": "cryptography verifies no DSA signatures in certificates any more",
    "4.1.5": "a DSA key without its parameters, which cryptography cannot read",
    "4.4.19": "the list is signed by another key of the CA than the one on the path; we do not look for such keys",
    "4.5.3": "the list is signed by the CA's new key, which is the very key that it is to vouch for",
    "4.5.4": "the list is signed by the CA's new key, which is the very key that it is to vouch for",
    "4.5.6": "the list is signed by another key of the CA than the one on the path; we do not look for such keys",
}
"""Paths that NIST calls valid and that we refuse, and why. There is none the other way round."""
