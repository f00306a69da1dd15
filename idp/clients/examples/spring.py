"""Spring Boot: application.yml, and the class that says what its defaults do not.

Both texts are those of the Spring component that the tests log in with: char for char, which a test
holds.
"""

from __future__ import annotations

import re
from functools import partial

from idp.clients.block import scalar
from idp.clients.client import Client
from idp.clients.examples.texts import File, scopes

REDIRECT_PATH = "/login/oauth2/code/vuce"
LEFT_PATH = "/salida"
_BUILT = '"{baseUrl}/login/oauth2/code/{registrationId}"'

APPLICATION_YML = """\
spring:
  application:
    name: componente
  security:
    oauth2:
      client:
        registration:
          vuce:
            client-id: ${VUCE_CLIENT_ID}
            client-secret: ${VUCE_CLIENT_SECRET}
            client-authentication-method: client_secret_basic
            authorization-grant-type: authorization_code
            # En clients.yaml: https://<su dominio>/login/oauth2/code/vuce
            redirect-uri: "{baseUrl}/login/oauth2/code/{registrationId}"
            # `vuce` trae ruc, usuario_sol o usuario_extranet, tipo_usuario y realm.
            scope: openid, profile, email, vuce
        provider:
          vuce:
            # De aquí se descubre lo demás: <issuer>/.well-known/openid-configuration
            issuer-uri: ${VUCE_ISSUER}

vuce:
  # Cuánto antes de que venza el access token se pide otro con el refresh token.
  renovar-antes: ${VUCE_RENOVAR_ANTES:60s}

server:
  port: ${PORT:8080}
  # Detrás de un proxy: {baseUrl} se arma con X-Forwarded-Proto y X-Forwarded-Host.
  forward-headers-strategy: native
  servlet:
    session:
      # Pasado este tiempo un ingreso a medias ya no se reconoce: es su state_lifetime.
      timeout: 30m
      cookie:
        # Un nombre propio: en localhost los puertos comparten las cookies.
        name: COMPONENTE_SESION
        http-only: true
        # Lax: la cookie debe llegar con el retorno desde el proveedor, que es otro sitio.
        same-site: lax
        # En producción, true.
        secure: ${COOKIE_SEGURA:false}
"""

SECURITY_CONFIG = """\
package pe.vuce.ejemplo;

import java.time.Duration;
import java.util.List;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.security.oauth2.client.OAuth2ClientProperties;
import org.springframework.boot.autoconfigure.security.oauth2.client.OAuth2ClientPropertiesMapper;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.oauth2.client.OidcBackChannelLogoutHandler;
import org.springframework.security.oauth2.client.RefreshTokenOAuth2AuthorizedClientProvider;
import org.springframework.security.oauth2.client.oidc.session.InMemoryOidcSessionRegistry;
import org.springframework.security.oauth2.client.oidc.session.OidcSessionRegistry;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.InMemoryClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.SupplierClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.DefaultOAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.client.web.HttpSessionOAuth2AuthorizedClientRepository;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestCustomizers;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizedClientRepository;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.session.HttpSessionEventPublisher;

@Configuration
@EnableConfigurationProperties(OAuth2ClientProperties.class)
public class SecurityConfig {

    @Bean
    SecurityFilterChain seguridad(HttpSecurity http, ClientRegistrationRepository proveedores)
            throws Exception {
        // Al salir se cierra también la sesión del proveedor, y la persona vuelve a /salida,
        // que está en los post_logout_redirect_uris de clients.yaml.
        var salida = new OidcClientInitiatedLogoutSuccessHandler(proveedores);
        salida.setPostLogoutRedirectUri("{baseUrl}/salida");
        http.authorizeHttpRequests(rutas -> rutas
                .requestMatchers("/ingresar", "/ingreso-fallido", "/salida", "/error").permitAll()
                .anyRequest().authenticated())
            .oauth2Login(ingreso -> ingreso
                .loginPage("/oauth2/authorization/vuce")
                .failureUrl("/ingreso-fallido"))
            .logout(cierre -> cierre.logoutSuccessHandler(salida))
            // backchannel_logout_uri: https://<su dominio>/logout/connect/back-channel/vuce
            .oidcLogout(cierre -> cierre.backChannel(Customizer.withDefaults()));
        return http.build();
    }

    /** PKCE: Spring lo usa por sí mismo solo con componentes que no tienen secreto. */
    @Bean
    OAuth2AuthorizationRequestResolver solicitudes(ClientRegistrationRepository proveedores) {
        var solicitudes = new DefaultOAuth2AuthorizationRequestResolver(
                proveedores, "/oauth2/authorization");
        solicitudes.setAuthorizationRequestCustomizer(
                OAuth2AuthorizationRequestCustomizers.withPkce());
        return solicitudes;
    }

    /** El proveedor se descubre con el primer ingreso: este programa arranca aunque no responda. */
    @Bean
    ClientRegistrationRepository proveedores(OAuth2ClientProperties propiedades) {
        return new SupplierClientRegistrationRepository(() -> new InMemoryClientRegistrationRepository(
                List.copyOf(new OAuth2ClientPropertiesMapper(propiedades)
                        .asClientRegistrations().values())));
    }

    /** Los tokens se guardan por sesión: dos navegadores de una persona no comparten los suyos. */
    @Bean
    OAuth2AuthorizedClientRepository tokens() {
        return new HttpSessionOAuth2AuthorizedClientRepository();
    }

    /** Renueva el access token con el refresh token (grant_types, en clients.yaml). */
    @Bean
    RefreshTokenOAuth2AuthorizedClientProvider renovacion(
            @Value("${vuce.renovar-antes}") Duration antes) {
        var renovacion = new RefreshTokenOAuth2AuthorizedClientProvider();
        renovacion.setClockSkew(antes);
        return renovacion;
    }

    /** Qué sesión de aquí es de qué sesión del proveedor. Con varios nodos: en una base común. */
    @Bean
    OidcSessionRegistry sesiones() {
        return new InMemoryOidcSessionRegistry();
    }

    /** Cuando el proveedor avisa una salida, Spring se llama a sí mismo por cada sesión. */
    @Bean
    OidcBackChannelLogoutHandler avisos(
            OidcSessionRegistry sesiones,
            @Value("${server.servlet.session.cookie.name}") String cookie,
            @Value("${server.port}") int puerto) {
        var avisos = new OidcBackChannelLogoutHandler(sesiones);
        avisos.setSessionCookieName(cookie);
        avisos.setLogoutUri("http://localhost:" + puerto
                + "/logout/connect/back-channel/{registrationId}");
        return avisos;
    }

    /** Para que lo anterior olvide las sesiones que terminan. */
    @Bean
    HttpSessionEventPublisher eventosDeSesion() {
        return new HttpSessionEventPublisher();
    }
}
"""  # noqa: E501


def render(client: Client, issuer: str) -> tuple[File, ...]:
    """Both files, the first filled in; the class is the same for every component."""
    first = client.redirect_uris[0]
    values = {
        "client-id": scalar(client.client_id),
        "client-authentication-method": client.token_endpoint_auth_method,
        "redirect-uri": _BUILT if first.endswith(REDIRECT_PATH) else scalar(first),
        "scope": scopes(client, ", "),
        "issuer-uri": scalar(issuer),
    }
    text = APPLICATION_YML
    for key, value in values.items():
        text = re.sub(rf"(?m)^( +{key}: ).*$", partial(_put, value), text)
    if client.public:
        text = re.sub(r"(?m)^ +client-secret: .*\n", "", text)
    return File("application.yml", text), File("SecurityConfig.java", SECURITY_CONFIG)


def _put(value: str, found: re.Match[str]) -> str:
    return found[1] + value
