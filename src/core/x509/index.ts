/** @peculiar/x509 asks for the reflect-metadata polyfill to be there first; so everybody imports it from here. */
import 'reflect-metadata';

export {
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
