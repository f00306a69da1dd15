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
